/** The cases of admission against the checks as functions: what the webhook answers, and what the pass says of the object. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checks, doubts, faultsOf } from "../../../capabilities/validators/checks";
import { validate, type Verdict } from "../../../capabilities/validators/validate";
import type { TimesTenClassicObject } from "../../../generated/types";
import { admissionCases, manifest, nameOf, type AdmissionCase } from "../../support/admission/cases";

const NUMBERS = 122;

function stored(one: AdmissionCase, which: "object" | "old"): TimesTenClassicObject | null {
  const written = one[which];
  if (written === undefined) return null;
  const object = manifest(written);
  object.metadata.namespace = "mynamespace";
  const { status } = one.old ?? {};
  return status === undefined ? object : { ...object, status };
}

function verdictOn(one: AdmissionCase): Verdict {
  const object = stored(one, "object");
  if (object === null) throw new Error("a case without an object");
  return validate({ faults: checks, doubts }, object, stored(one, "old"));
}

const having = (key: "denial" | "warning" | "schema"): [string, AdmissionCase][] =>
  admissionCases.filter(one => one[key] !== undefined).map(one => [nameOf(one), one]);
const taken = admissionCases.filter(({ denial, schema }) => denial === undefined && schema === undefined);

describe("the cases", () => {
  it("have every number, and say of each what becomes of it", () => {
    const numbers = new Set(admissionCases.map(({ number }) => number));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: NUMBERS }, (_, i) => i + 1));
    const silent = admissionCases.filter(
      ({ schema, denial, warning, pass, fine }) =>
        (schema ?? denial ?? warning ?? pass ?? fine) === undefined,
    );
    expect(silent.map(nameOf)).toEqual([]);
  });
});

describe("what the pass shows", () => {
  it("has reasons that the operator knows", () => {
    const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "reference", "reasons.md"), "utf8");
    const known = new Set([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason));
    const reasons = admissionCases.flatMap(({ pass }) =>
      pass !== undefined && /^[A-Z]\w+$/.test(pass) ? [pass] : [],
    );
    expect(reasons.length).toBeGreaterThan(8);
    expect(reasons.filter(reason => !known.has(reason))).toEqual([]);
  });
});

describe("the webhook", () => {
  it.each(having("denial"))("refuses %s", (_, one) => {
    expect(verdictOn(one).denial).toContain(one.denial);
  });

  it.each(having("warning"))("warns of %s", (_, one) => {
    const { denial, warnings } = verdictOn(one);
    expect(denial).toBeNull();
    expect(warnings.join("\n")).toContain(one.warning);
  });

  it.each(taken.map((one): [string, AdmissionCase] => [nameOf(one), one]))("admits %s", (_, one) => {
    expect(verdictOn(one).denial).toBeNull();
  });

  it.each(
    taken
      .filter(({ warning }) => warning === undefined)
      .map((one): [string, AdmissionCase] => [nameOf(one), one]),
  )("has nothing to say about %s", (_, one) => {
    expect(verdictOn(one).warnings).toEqual([]);
  });
});

describe("the pass", () => {
  // What compares with the object before cannot be seen any more once it is stored.
  const seen = having("denial").filter(([, { old }]) => old === undefined);

  it.each(seen)("sees %s when it was stored while the webhook was away", (_, one) => {
    const object = stored(one, "object");
    const said = object === null ? [] : faultsOf(object).map(({ path, message }) => `${path} ${message}`);
    expect(said.join("\n")).toContain(one.denial);
  });

  it.each(taken.map((one): [string, AdmissionCase] => [nameOf(one), one]))(
    "finds nothing wrong in %s",
    (_, one) => {
      const object = stored(one, "object");
      expect(object === null ? null : faultsOf(object)).toEqual([]);
    },
  );
});
