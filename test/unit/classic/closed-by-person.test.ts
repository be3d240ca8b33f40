/** A database that a person has closed (ttAdmin -close) is no fault: it is shown and left as it is. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { Observation } from "../../../capabilities/classic/observation";
import { podEvents, knownFromStatus } from "../../../capabilities/classic/report/podEvents";
import { agentState, noPod, observation, pod, solo, type ObservationChange } from "./fixtures";
import { calmPair, NEW, told } from "./upgrade/stories";

const closedState = agentState(0, { timesten: { open: false }, permission: { closedByPerson: true } });
const closed = (change: ObservationChange = {}): Observation =>
  observation({ pods: [pod(0, { state: closedState }), pod(1)], ...change });
const ready = (o: Observation) => decide(o).conditions.Ready;

describe("the active's database closed by a person", () => {
  it("stays Normal: nothing is written, promoted or led elsewhere", () => {
    const d = decide(closed());
    expect(d).toMatchObject({ state: "Normal", recordWrite: null, commands: [] });
    expect(d.effects).toEqual([]);
    expect(d.roles).toEqual(["active", "standby"]);
    expect(d.podStates).toEqual(["Healthy", "Healthy"]);
  });

  it("is shown as the reason why users are not let in, with the way out", () => {
    expect(ready(closed())).toMatchObject({ status: "False", reason: "ClosedByPerson" });
    expect(ready(closed())?.message).toContain("ttAdmin -open");
    expect(decide(closed()).reasons[0]?.reason).toBe("ClosedByPerson");
  });

  it("is a fault as before where nobody closed it", () => {
    const o = observation({
      pods: [pod(0, { state: agentState(0, { timesten: { open: false } }) }), pod(1)],
    });
    expect(decide(o).reasons[0]?.reason).toBe("ActiveUnfit");
  });

  it("hands over like any other when its pod is deleted", () => {
    const d = decide(closed({ pods: [pod(0, { state: closedState, terminating: true }), pod(1)] }));
    expect(d.recordWrite?.value.mode).toBe("Closed");
    expect(d.state).toBe("ActiveDown");
  });

  it("is not copied: its standby is made when it is open again", () => {
    const state = agentState(0, {
      timesten: { open: false },
      permission: { closedByPerson: true, mode: "endless", soloed: 6, obeyedN: 6 },
    });
    const o = closed({ state: "StandbyDown", record: solo({ n: 6 }), pods: [pod(0, { state }), noPod(1)] });
    expect(decide(o).reasons[0]?.message).toContain("until then no standby can be made");
    expect(decide(o).commands).toEqual([]);
  });

  it("is told once, and that it is open again", () => {
    const known = knownFromStatus(undefined);
    const start: typeof known = { ...known, podUID: "uid-0" };
    const shown = { agent: pod(0).agent, name: "sample-0", uid: "uid-0" };
    const say = (states: (typeof closedState)[], before = start) =>
      podEvents({ ...shown, agent: { ...shown.agent, changes: states } }, before, "Normal");
    const first = say([closedState, closedState]);
    expect(first.events.filter(one => one.message.includes("closed by a person"))).toHaveLength(1);
    const second = say([agentState(0)], first.known);
    expect(second.events.map(one => one.message)).toEqual(["Pod sample-0 Database open to its users again"]);
  });
});

it("an automatic upgrade waits for a database that a person has closed: the change of roles would open it", () => {
  const pair = calmPair();
  pair.tell(0, { open: false }, { closedByPerson: true });
  pair.ttspec = NEW;
  pair.settle();
  expect(pair.deleted).toEqual([]);
  expect(pair.status.upgrade?.message).toContain("was closed by a person");
  pair.tell(0, { open: true }, { closedByPerson: false });
  pair.settle();
  expect(told(pair)).toContain("Image updated, automatic upgrade started");
});
