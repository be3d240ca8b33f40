/** Properties of every parser of messages: what was said arrives, garbage does no harm and is never repeated. */
import fc from "fast-check";
import type * as z from "zod";
import {
  agentMessageSchema,
  fromGuardSchema,
  operatorMessageSchema,
  parseMessage,
  peerAnswerSchema,
  peerRequestSchema,
  ProtocolError,
  toGuardSchema,
  witnessMessageSchema,
  witnessRequestSchema,
} from "../../../protocol";
import { agentState } from "../classic/fixtures";

const schemas: Record<string, z.ZodType> = {
  operator: operatorMessageSchema,
  agent: agentMessageSchema,
  "peer's request": peerRequestSchema,
  "peer's answer": peerAnswerSchema,
  "to the guard": toGuardSchema,
  "from the guard": fromGuardSchema,
  "to the witness": witnessRequestSchema,
  "from the witness": witnessMessageSchema,
};

const id = fc.string({ minLength: 1, maxLength: 20 });
const n = fc.integer({ min: 1, max: 1_000_000 });
const whole = fc.integer({ min: 0, max: 2 ** 40 });
const ms = fc.integer({ min: 1, max: 60_000 });
const clocks = fc.record({ monotonicMs: whole, boottimeMs: whole });
const writer = fc.record({ podUID: id, boot: id });
const record = fc.record({
  objectUID: id,
  n,
  mode: fc.constantFrom("Pair", "Solo", "Closed"),
  writer,
  standby: fc.option(id),
  from: whole,
  alt: whole,
  ready: fc.boolean(),
  leaseMs: ms,
});
const proof = fc.record({
  kind: fc.constantFrom("fenced", "over", "attested"),
  podUID: id,
  boot: id,
  containerID: fc.option(id),
  by: fc.string(),
});
const evidence = fc.record({
  soloEnded: fc.option(fc.record({ n, mark: whole })),
  proofs: fc.array(proof, { maxLength: 4 }),
  returns: fc.boolean(),
});
const permit = fc.record({ boot: id, n, until: fc.option(clocks), closingMs: fc.nat(5_000) });
const state = fc
  .record({ seq: fc.nat(), podUID: id, boot: fc.option(id), stopping: fc.boolean() })
  .map(change => agentState(0, change));
const type = <T extends string>(value: T) => fc.constant(value);

const messages: Record<string, fc.Arbitrary<unknown>> = {
  operator: fc.oneof(
    fc.record({ type: type("record"), record, evidence }),
    fc.record({
      type: type("hello"),
      versions: fc.array(fc.integer(), { minLength: 1 }),
      operator: fc.string(),
    }),
    fc.record({
      type: type("command"),
      id,
      n: fc.nat(),
      boot: fc.option(id),
      deadlineMs: ms,
      verb: fc.constantFrom("startDaemon", "loadDatabase", "startRepAgent"),
    }),
  ),
  agent: fc.oneof(
    fc.record({ type: type("state"), state }),
    fc.record({
      type: type("answer"),
      id: fc.string(),
      accepted: fc.boolean(),
      reason: fc.option(fc.string()),
    }),
  ),
  "peer's request": fc.oneof(
    fc.record({ type: type("request"), n, boot: id, id, leaseMs: ms, guardMs: ms, clocks }),
    fc.record({ type: type("solo"), n, boot: id }),
  ),
  "peer's answer": fc.oneof(
    fc.record({ type: type("grant"), n, boot: id, id, clocks }),
    fc.record({ type: type("no"), id: fc.string(), reason: fc.string() }),
    fc.record({ type: type("soloTaken"), n, boot: id }),
  ),
  "to the guard": fc.oneof(
    fc.record({ type: type("permit"), id: fc.integer(), permit }),
    fc.record({ type: type("rest"), id: fc.integer(), boot: id }),
    fc.record({ type: type("lifeOver"), boot: id }),
  ),
  "from the guard": fc.oneof(
    fc.record({ type: type("done"), id: fc.integer() }),
    fc.record({ type: type("acted"), boot: id, what: fc.constantFrom("closed", "killed") }),
  ),
  "to the witness": fc.record({
    type: type("witnessHello"),
    versions: fc.array(fc.integer(), { minLength: 1 }),
    who: fc.string(),
  }),
  "from the witness": fc.record({ type: type("bye"), reason: fc.string() }),
};

const SECRET = "tiger-4711";
const names = Object.keys(schemas);

/** @returns the message, or what the parser said against it; anything else thrown is a fault */
function parse(name: string, frame: string): { value: unknown } | { error: string } {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(name);
  try {
    return { value: parseMessage(schema, frame) };
  } catch (error) {
    if (error instanceof ProtocolError) return { error: error.message };
    throw error;
  }
}

describe.each(names)("messages: %s", name => {
  const message = messages[name] ?? fc.constant(null);

  it("arrive as they were sent, and what a newer one adds is dropped", () => {
    fc.assert(
      fc.property(message, sent => {
        const plain: unknown = JSON.parse(JSON.stringify(sent));
        expect(parse(name, JSON.stringify(sent))).toEqual({ value: plain });
        expect(parse(name, JSON.stringify({ ...(plain as object), addedLater: 1 }))).toEqual({
          value: plain,
        });
      }),
      { numRuns: 150 },
    );
  });

  it("are refused, not half taken, when they are no such message, and never repeated", () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map(value => JSON.stringify(value) ?? ""),
    );
    fc.assert(
      fc.property(garbage, fc.nat(50), (text, at) => {
        const planted = text.slice(0, at) + SECRET + text.slice(at);
        for (const frame of [text, planted, JSON.stringify({ type: SECRET }), JSON.stringify(planted)]) {
          const result = parse(name, frame);
          expect("error" in result ? result.error : "taken").not.toContain(SECRET);
        }
        expect(parse(name, planted)).toHaveProperty("error");
      }),
      { numRuns: 300 },
    );
  });

  it("are refused with one field of another type, naming the field only", () => {
    fc.assert(
      fc.property(
        message,
        fc.nat(),
        fc.constantFrom(SECRET, [SECRET], { [SECRET]: SECRET }),
        (sent, at, bad) => {
          const plain = JSON.parse(JSON.stringify(sent)) as Record<string, unknown>;
          const keys = Object.keys(plain);
          const key = keys[at % keys.length] ?? "type";
          const result = parse(name, JSON.stringify({ ...plain, [key]: bad }));
          // A text where a text belongs is no fault.
          if ("error" in result) expect(result.error).not.toContain(SECRET);
          else expect(typeof plain[key] === "string" || plain[key] === null).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it("a frame that is too long is not even looked at", () => {
  const error = parse("operator", `"${SECRET.repeat(50_000)}"`);
  expect(error).toEqual({
    error: expect.stringMatching(/^message of \d+ characters is too long$/) as string,
  });
});
