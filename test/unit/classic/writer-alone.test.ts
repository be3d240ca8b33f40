/** A writer that needs its standby's grants must hear in time that it may go on alone. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { bearApartMs } from "../../../capabilities/classic/decide/fence/standbyLoss";
import type { Observation } from "../../../capabilities/classic/observation";
import { timingFor } from "../../../protocol";
import { BOOT, agentState, observation, pod, record, silentPod, solo, type StateChange } from "./fixtures";

const writer = (
  permission: StateChange["permission"],
  agent: Partial<Observation["pods"][0]["agent"]> = {},
) => pod(0, { agent, state: agentState(0, { permission: { mode: "finite", ...permission } }) });
const goesOn = { mode: "Solo", writer: { boot: BOOT[0] }, alt: 5 };

describe("the writer of a ready Pair", () => {
  it("that took solo because its standby left has the record follow at once", () => {
    const d = decide(observation({ pods: [writer({ mode: "endless", soloed: 5 }), pod(1)] }));
    expect(d.recordWrite?.value).toMatchObject(goesOn);
    expect(d.reasons[0]?.message).toContain("it took solo: sample-1 left");
  });

  it("goes on alone before its grant ends when its agent no longer hears the standby's", () => {
    const apart = (peerApartForMs: number) =>
      decide(observation({ pods: [writer({}, { peerApartForMs }), silentPod(1, peerApartForMs)] }));
    // Also in the very pass that hears of it first.
    expect(apart(0).wakeAfterMs).toBe(bearApartMs(record()));
    expect(apart(bearApartMs(record()) - 100)).toMatchObject({ recordWrite: null, wakeAfterMs: 100 });
    expect(apart(bearApartMs(record())).recordWrite?.value).toMatchObject(goesOn);
  });

  it("goes on alone when it is granted nothing for a second", () => {
    const starved = (modeForMs: number) =>
      decide(observation({ pods: [writer({ mode: "none" }, { modeForMs }), pod(1)] }));
    expect(starved(900).recordWrite).toBeNull();
    expect(starved(1_000).recordWrite?.value).toMatchObject(goesOn);
  });

  it("is not told so while a permission without end lets it write anyway", () => {
    const endless = writer({ mode: "endless" }, { peerApartForMs: 60_000 });
    expect(decide(observation({ pods: [endless, pod(1)] })).recordWrite).toBeNull();
  });

  it.each([3_000, 4_000, 6_000, 30_000, 60_000])("with L of %d ms is told in time", leaseMs => {
    const { closingMs, heartbeatMs } = timingFor(leaseMs);
    // The session breaks two seconds after the last word at the latest; the shortest L leaves little more.
    const inTimeMs = leaseMs - closingMs - heartbeatMs - 2_000;
    expect(bearApartMs(record({ leaseMs }))).toBeLessThanOrEqual(Math.max(200, inTimeMs));
  });
});

describe("a change of writePermissionSeconds", () => {
  const asked = (o: Observation): Observation => ({ ...o, settings: { ...o.settings, leaseMs: 3_000 } });

  it("forms a redundant pair anew: first Solo", () => {
    const d = decide(asked(observation({ pods: [writer({}), pod(1)] })));
    expect(d).toMatchObject({ recordWrite: { value: goesOn }, reasons: [{ reason: "LeaseChanged" }] });
    expect(d.recordWrite?.value.leaseMs).toBe(6_000);
  });

  it("then a Pair with the new L", () => {
    const alone = pod(0, { state: agentState(0, { permission: { soloed: 5 } }) });
    const d = decide(asked(observation({ state: "StandbyDown", record: solo(), pods: [alone, pod(1)] })));
    expect(d.recordWrite?.value).toMatchObject({ n: 6, mode: "Pair", leaseMs: 3_000 });
  });

  it("waits while the pair is not in order", () => {
    const unready = record({ ready: false });
    const catchingUp = pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) });
    const o = observation({
      state: "StandbyCatchup",
      record: unready,
      pods: [writer({ soloEnded: null }), catchingUp],
    });
    expect(decide(asked(o)).recordWrite).toBeNull();
  });
});
