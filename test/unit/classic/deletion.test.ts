/** An object that is being deleted is left alone in every state; Kubernetes deletes what it owns. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { worlds } from "./scenarios/matrix";
import { observation } from "./fixtures";

const deletionTimestamp = "2026-01-01T00:00:00Z";

it.each(worlds)("$name: nothing is written, nobody is told to do anything, and the state stays", world => {
  const o = observation({ state: world.state, status: world.status ?? {}, record: world.record });
  o.object.metadata.deletionTimestamp = deletionTimestamp;
  const missing = { ...o, owned: o.owned.map(one => ({ ...one, presence: "missing" as const })) };
  const d = decide(missing);
  expect(d).toMatchObject({ recordWrite: null, commands: [], effects: [], state: world.state });
  expect(d.reasons[0]?.reason).toBe("BeingDeleted");
});

it("neither stopManaging nor reexamine nor the annotation changes anything then", () => {
  const o = observation({
    state: "ManualInterventionRequired",
    status: { managementStopped: "StopManaging" },
  });
  o.object.metadata.deletionTimestamp = deletionTimestamp;
  o.object.spec.ttspec.reexamine = "now";
  o.object.metadata.annotations = { "timesten.oracle.com/suspend": "true" };
  expect(decide(o)).toMatchObject({
    state: "ManualInterventionRequired",
    management: { stopped: "StopManaging" },
    effects: [],
  });
});
