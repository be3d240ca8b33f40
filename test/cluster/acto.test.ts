/**
 * The generated cases, a part of what `make acto` does: every one at the door (a real API server with the CRD, then the
 * validators), and some of those that both admit in the deterministic world. Each run takes the same ones.
 */
import { join } from "node:path";
import { casesOf } from "../support/acto/cases";
import type { Door } from "../support/acto/door";
import { openDoor } from "../support/acto/plane";
import { describe as tell } from "../support/acto/report";
import { liveOnce, runCase, type Live, type Outcome } from "../support/acto/run";
import { BASE } from "../support/acto/samples";
import { fieldsOf, pathOf } from "../support/acto/schema";

const root = join(__dirname, "..", "..");
/** Of the admitted objects every so manieth lives. */
const LIVING = 25;

const fields = fieldsOf(join(root, "crds", "timestenclassics.yaml"));
let door: Door;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ door, close } = await openDoor(root, { ttspec: { ...BASE } }));
}, 900_000);

afterAll(() => close());

it("covers every field, and more than one state of each", () => {
  expect(fields.map(pathOf)).toEqual(
    expect.arrayContaining(["spec.ttspec.image", "spec.ttspec.prometheus.port", "spec.template"]),
  );
  for (const field of fields) expect(casesOf(field).length).toBeGreaterThan(3);
});

it("every object is refused with a path or admitted, and what is admitted works", async () => {
  let admitted = 0;
  const some: Live = async (seed, before, spec) =>
    admitted++ % LIVING === 0 ? liveOnce(seed, before, spec) : null;
  const outcomes: Outcome[] = [];
  for (const one of fields.flatMap(casesOf)) outcomes.push(await runCase(one, door, some));
  expect(outcomes.filter(({ verdict }) => verdict === "failed").map(tell)).toEqual([]);
  const count = (verdict: Outcome["verdict"]): number =>
    outcomes.filter(outcome => outcome.verdict === verdict).length;
  expect(count("refused")).toBeGreaterThan(500);
  expect(count("works")).toBeGreaterThan(500);
}, 600_000);
