/** Whose word commits wait for while one goes on alone: nobody's who leaves, and the old active's where it comes back. */
import { nextStep, type Situation } from "../../../../agent/core/permission";
import { noEvidence, unknownView, type PermissionRecord, type TimesTenView } from "../../../../protocol";

const me = { podUID: "uid-a", boot: "boot-a" };
const other = { podUID: "uid-b", boot: "boot-b" };
const view = (change: Partial<TimesTenView>): TimesTenView => ({
  ...unknownView,
  instance: "Exists",
  daemon: "Up",
  db: "Loaded",
  repScheme: "Exists",
  repAgent: "Running",
  ...change,
});
const record = (change: Partial<PermissionRecord>): PermissionRecord => ({
  objectUID: "object",
  n: 5,
  mode: "Solo",
  writer: me,
  standby: null,
  from: 3,
  alt: 0,
  ready: false,
  leaseMs: 6_000,
  ...change,
});
const situation = (change: Partial<Situation>): Situation => ({
  ...me,
  objectUID: "object",
  record: record({}),
  evidence: noEvidence,
  view: view({}),
  closed: true,
  permit: { mode: "none", n: 0 },
  soloed: 0,
  left: 0,
  diskCompleteFor: 0,
  complete: null,
  soloEnded: null,
  drained: 0,
  refused: null,
  aloneFor: 0,
  peerGone: false,
  peerDrained: 0,
  peerLeft: 0,
  waitOver: false,
  stopping: false,
  closedByPerson: false,
  ...change,
});

describe("an old writer that has handed everything over", () => {
  const closedRecord = record({ n: 4, mode: "Closed" });
  const drained = situation({
    record: closedRecord,
    drained: 4,
    stopping: true,
    view: view({ repState: "IDLE" }),
  });

  it("takes no more part in replication when it leaves", () => {
    expect(nextStep(drained)).toEqual({ do: "stopReplication" });
    const successor = record({ n: 5, writer: other });
    expect(nextStep({ ...drained, record: successor })).toEqual({ do: "stopReplication" });
  });

  it("does nothing more once its replication agent has ended", () => {
    expect(nextStep({ ...drained, view: view({ repState: "IDLE", repAgent: "Not Running" }) })).toBeNull();
  });

  it("goes on replicating when it stays, and until it has handed over", () => {
    expect(nextStep({ ...drained, stopping: false })).toBeNull();
    const draining = { ...drained, drained: 0, view: view({ repState: "ACTIVE" }) };
    expect(nextStep(draining)).toEqual({ do: "drain", n: 4 });
  });
});

describe("the standby of a handover", () => {
  const standby = situation({
    record: record({ n: 4, mode: "Closed", writer: other, standby: me.podUID }),
    complete: { n: 3, writer: other },
    view: view({ repState: "STANDBY" }),
  });

  it("ends its replication as soon as the old writer says that it has drained", () => {
    expect(nextStep(standby)).toBeNull();
    expect(nextStep({ ...standby, peerDrained: 4 })).toEqual({ do: "stopReplication" });
    const ended = view({ repState: "STANDBY", repAgent: "Not Running" });
    expect(nextStep({ ...standby, peerDrained: 4, view: ended })).toBeNull();
  });

  it.each<[string, Partial<Situation>]>([
    ["the word is of an earlier handover", { peerDrained: 2 }],
    ["it may not be promoted", { peerDrained: 4, complete: null }],
    ["it has left the Pair", { peerDrained: 4, left: 3 }],
  ])("replicates on where %s", (_why, change) => {
    expect(nextStep({ ...standby, ...change })).toBeNull();
  });

  it("need not end it again when it is named", () => {
    const named = { ...standby, record: record({ n: 5, from: 3 }), waitOver: true };
    expect(nextStep(named)).toMatchObject({ do: "promote", replicates: true });
    const ended = view({ repState: "STANDBY", repAgent: "Not Running" });
    expect(nextStep({ ...named, view: ended })).toMatchObject({ do: "promote", replicates: false });
  });
});

describe("a standby that leaves a Pair", () => {
  it("replicates on: its writer is told first", () => {
    const pair = record({ mode: "Pair", writer: other, standby: me.podUID });
    const leaving = situation({ record: pair, stopping: true, view: view({ repState: "STANDBY" }) });
    expect(nextStep(leaving)).toBeNull();
  });
});

describe("the writer of a Solo", () => {
  const alone = situation({
    view: view({ repState: "ACTIVE", open: true, repPeerState: "start" }),
    closed: false,
    soloed: 5,
    permit: { mode: "endless", n: 5 },
  });

  it("declares its peer failed, so that commits wait for nobody", () => {
    expect(nextStep(alone)).toEqual({ do: "commitAlone", n: 5 });
    expect(nextStep({ ...alone, aloneFor: 5 })).toBeNull();
  });

  it("does not while the old writer of a switchover comes back, and does when it no longer can", () => {
    const awaited = { ...alone, evidence: { ...noEvidence, returns: true } };
    expect(nextStep(awaited)).toBeNull();
    expect(nextStep({ ...awaited, evidence: noEvidence })).toEqual({ do: "commitAlone", n: 5 });
  });

  it("declares it failed once more when it had caught up by itself, commits wait for it, and it is gone", () => {
    const twosafe = view({ repState: "ACTIVE", open: true, repPeerState: "start", usingTwosafe: true });
    const caughtUp = { ...alone, aloneFor: 5, view: twosafe };
    expect(nextStep(caughtUp)).toBeNull();
    expect(nextStep({ ...caughtUp, peerGone: true })).toEqual({ do: "commitAlone", n: 5 });
    const failed = { ...twosafe, repPeerState: "failed" as const };
    expect(nextStep({ ...caughtUp, peerGone: true, view: failed })).toBeNull();
    expect(nextStep({ ...caughtUp, peerGone: true, view: { ...twosafe, usingTwosafe: false } })).toBeNull();
  });
});
