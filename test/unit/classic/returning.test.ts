/** After a switchover the old active becomes the standby by itself; only one that cannot is duplicated. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { FailoverStart } from "../../../capabilities/classic/observation";
import { agentState, idleView, observation, pod, promotion, standbyView, type StateChange } from "./fixtures";

const failover: FailoverStart = {
  kind: "switchover",
  requestId: "r1",
  epoch: 7,
  recordNumber: 7,
  fromPod: "sample-0",
  toPod: "sample-1",
  failedAtMs: 99_000,
  failedAtSource: "record Closed",
  seenAtMs: 99_000,
  provenAtMs: 99_500,
  proof: "fenced",
  possibleLoss: false,
  lossBytes: null,
  fromPosition: 3,
  toPosition: 3,
};
const active = (repPeerState: "start" | "failed" = "failed") =>
  pod(1, {
    state: agentState(1, {
      timesten: { repState: "ACTIVE", open: true, repPeerState },
      permission: { obeyedN: 7, soloed: 7, mode: "endless", closed: false },
    }),
  });
const old = (change: StateChange = {}) =>
  pod(0, {
    state: agentState(0, {
      timesten: { ...idleView, repAgent: "Running", ...change.timesten },
      permission: {
        obeyedN: 7,
        drained: 6,
        mode: "none",
        closed: true,
        completeFor: 0,
        ...change.permission,
      },
      ...(change.stopping === undefined ? {} : { stopping: change.stopping }),
    }),
  });
interface Case {
  kind?: FailoverStart["kind"];
  agoMs?: number;
  statement?: string;
}
const after = (peer: ReturnType<typeof old>, { kind = "switchover", agoMs = 500, statement }: Case = {}) => {
  const o = observation({
    state: "StandbyDown",
    record: promotion({ n: 7 }),
    pods: [peer, active()],
    notes: { failover: { ...failover, kind, provenAtMs: 100_000 - agoMs } },
  });
  if (statement !== undefined) o.settings = { ...o.settings, repCreateStatement: statement };
  return decide(o);
};
const verbs = (d: ReturnType<typeof decide>): string[] =>
  d.commands.map(({ ordinal, command }) => `${ordinal} ${command.verb}`);

describe("the old active of a switchover", () => {
  it.each([
    ["is deactivated", idleView],
    ["catches up", { ...standbyView, repState: "RECOVERING" as const }],
    ["is a STANDBY that the new active does not count yet", standbyView],
  ])("is not duplicated while it %s", (_what, timesten) => {
    expect(verbs(after(old({ timesten: { ...timesten, repAgent: "Running" } })))).toEqual([]);
  });

  it("gets its replication agent back", () => {
    expect(verbs(after(old({ timesten: { repAgent: "Not Running" } })))).toEqual(["0 startRepAgent"]);
  });

  it("is not declared FAILED meanwhile, but where commits would wait for it", () => {
    expect(after(old()).evidence.returns).toBe(true);
    expect(
      after(old(), { statement: "create active standby pair a, b RETURN TWOSAFE" }).evidence.returns,
    ).toBe(false);
    expect(
      after(old(), { statement: "create active standby pair a, b return receipt" }).evidence.returns,
    ).toBe(false);
  });

  it.each([
    ["its time is over", old(), { agoMs: 40_000 }],
    ["the clock was set back", old(), { agoMs: -10_000 }],
    ["it is FAILED", old({ timesten: { repState: "FAILED" } }), {}],
    ["it was not drained under the record before", old({ permission: { drained: 4 } }), {}],
    ["the change was no switchover", old(), { kind: "failover" as const }],
  ])("is duplicated when %s", (_why, peer, change) => {
    const d = after(peer, change);
    expect(verbs(d)).toEqual(["0 duplicate"]);
    expect(d.evidence.returns).toBe(false);
  });

  it("is not waited for when it leaves", () => {
    expect(after(old({ stopping: true })).evidence.returns).toBe(false);
  });
});
