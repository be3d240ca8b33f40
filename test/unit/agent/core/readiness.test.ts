/** Which part a database does: it serves, it is the copy that takes over, or neither. */
import fc from "fast-check";
import { HeldReadiness, readinessAlone, readinessInPair } from "../../../../agent/core/readiness";
import type { Situation } from "../../../../agent/core/permission";
import { noEvidence, unknownView, type PermissionRecord, type TimesTenView } from "../../../../protocol";

const me = { podUID: "pod-a", boot: "boot-a" };
const other = { podUID: "pod-b", boot: "boot-b" };

const view = (changes: Partial<TimesTenView>): TimesTenView => ({
  ...unknownView,
  instance: "Exists",
  daemon: "Up",
  db: "Loaded",
  repScheme: "Exists",
  repAgent: "Running",
  ...changes,
});

function record(changes: Partial<PermissionRecord>): PermissionRecord {
  const base = { objectUID: "object", n: 5, standby: null, from: 0, alt: 0, ready: false, leaseMs: 6_000 };
  return { ...base, mode: "Solo", writer: me, ...changes };
}

function situation(changes: Partial<Situation>): Situation {
  return {
    podUID: me.podUID,
    objectUID: "object",
    record: null,
    evidence: noEvidence,
    boot: me.boot,
    view: view({ repState: "ACTIVE", open: true }),
    closed: false,
    permit: { mode: "endless", n: 5 },
    soloed: 0,
    left: 0,
    diskCompleteFor: 0,
    complete: null,
    soloEnded: null,
    drained: 0,
    refused: null,
    aloneFor: 0,
    peerDrained: 0,
    peerLeft: 0,
    peerGone: false,
    waitOver: false,
    stopping: false,
    closedByPerson: false,
    ...changes,
  };
}

const part = (changes: Partial<Situation>) => readinessInPair(situation(changes))?.part;
const pair = record({ mode: "Pair", standby: other.podUID, ready: true });
const standbyView = view({ repState: "STANDBY" });
/** Complete for Pair 5 of the other one, as its standby. */
const asStandby = (changes: Partial<Situation>, of: Partial<PermissionRecord> = {}): Partial<Situation> => ({
  record: record({ mode: "Pair", writer: other, standby: me.podUID, ready: true, ...of }),
  view: standbyView,
  closed: true,
  permit: { mode: "none", n: 0 },
  complete: { n: 5, writer: other },
  ...changes,
});

describe("the active of a pair does its part", () => {
  it("alone and in a Pair, while it may write and is open", () => {
    expect(part({ record: record({}) })).toBe("serving");
    expect(part({ record: pair, permit: { mode: "finite", n: 5 } })).toBe("serving");
  });

  it.each<[string, Partial<Situation>]>([
    ["its permission is over", { permit: { mode: "none", n: 0 } }],
    ["it is closed", { closed: true }],
    ["its database was seen closed", { view: view({ repState: "ACTIVE", open: false }) }],
    ["it is not ACTIVE", { view: view({ repState: "IDLE", open: true }) }],
    ["nothing is loaded", { boot: null }],
    ["no record is known", { record: null }],
    ["the record names a former life", { record: record({ writer: { ...me, boot: "former" } }) }],
    ["the record is of another object", { record: record({ objectUID: "another" }) }],
    ["the record is Closed", { record: record({ mode: "Closed", from: 4, standby: other.podUID }) }],
    ["another is named", { record: record({ writer: other }) }],
  ])("not when %s", (_when, changes) => {
    expect(part({ record: pair, ...changes })).toBe("none");
  });

  it("still does it during its grace, until it is closed", () => {
    expect(part({ record: pair, stopping: true })).toBe("serving");
  });
});

describe("the standby does its part", () => {
  it("once it is complete for the Pair", () => {
    expect(part(asStandby({}))).toBe("complete");
    expect(part(asStandby({ complete: null }))).toBe("none");
    expect(part(asStandby({ complete: { n: 4, writer: other } }))).toBe("none");
  });

  it.each<[string, Partial<Situation>]>([
    ["it left the Pair", { left: 5 }],
    ["its replication agent is down", { view: view({ repState: "STANDBY", repAgent: "Not Running" }) }],
    ["it recovers", { view: view({ repState: "RECOVERING" }) }],
    ["nothing is loaded", { boot: null }],
  ])("not when %s", (_when, changes) => {
    expect(part(asStandby(changes))).toBe("none");
  });

  it("without a break through a handover: under Closed, being promoted, open", () => {
    const closed = record({ n: 6, mode: "Closed", writer: other, standby: me.podUID, from: 5 });
    const promotion = record({ n: 7, from: 5 });
    expect(part(asStandby({ record: closed }))).toBe("complete");
    expect(part(asStandby({ record: promotion }))).toBe("complete");
    expect(part(asStandby({ record: promotion, view: view({ repState: "ACTIVE" }) }))).toBe("complete");
    const open = { view: view({ repState: "ACTIVE", open: true }), closed: false };
    expect(part(asStandby({ record: promotion, ...open, permit: { mode: "endless", n: 7 } }))).toBe(
      "serving",
    );
  });

  it("not when the active goes on alone, although it may have everything", () => {
    const alone = record({ n: 6, writer: other, alt: 5 });
    expect(part(asStandby({ record: alone }))).toBe("none");
  });

  it("not as the standby of others", () => {
    expect(part(asStandby({}, { standby: "pod-c" }))).toBe("none");
  });
});

describe("a database of its own does its part", () => {
  const alone = (changes: Partial<Situation>) => readinessAlone(situation(changes))?.part;

  it("while it is loaded and open", () => {
    expect(alone({})).toBe("serving");
    expect(alone({ boot: null })).toBe("none");
    expect(alone({ closed: true })).toBe("none");
    expect(alone({ view: view({ open: false }) })).toBe("none");
  });

  it("whatever its replication is like", () => {
    expect(alone({ view: view({ open: true, repState: "Unknown" }) })).toBe("serving");
  });
});

it("a database that may not write never serves", () => {
  const modes = fc.constantFrom("Solo", "Pair", "Closed");
  fc.assert(
    fc.property(modes, fc.nat(3), fc.boolean(), (mode, n, open) => {
      const at = { record: record({ mode, from: n, standby: me.podUID }), permit: { mode: "none", n: 0 } };
      expect(part({ ...at, view: view({ repState: "ACTIVE", open }) } as Partial<Situation>)).not.toBe(
        "serving",
      );
    }),
  );
});

describe("a look that fails", () => {
  let nowMs = 0;
  let seen = true;
  const held = new HeldReadiness({ monotonicMs: () => nowMs }, () =>
    readinessInPair(situation({ record: pair, ...(seen ? {} : { view: unknownView }) })),
  );

  it("changes nothing for ten seconds", () => {
    expect(held.now().part).toBe("serving");
    seen = false;
    nowMs = 9_999;
    expect(held.now().part).toBe("serving");
  });

  it("then counts as not doing its part", () => {
    nowMs = 10_000;
    expect(held.now().part).toBe("none");
  });

  it("bridges no end of the database: that is known without a look", () => {
    const look = [situation({ record: pair }), situation({ boot: null, view: unknownView })];
    const one = new HeldReadiness({ monotonicMs: () => 0 }, () =>
      readinessInPair(look.shift() ?? situation({})),
    );
    expect([one.now().part, one.now().part]).toEqual(["serving", "none"]);
  });
});
