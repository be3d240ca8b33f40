/** Properties of decisions about objects that people have taken out of management. */
import fc from "fast-check";
import { decide } from "../../../capabilities/classic/decide/decide";
import { isHandingOver } from "../../../capabilities/classic/decide/fence/handover";
import type { Observation } from "../../../capabilities/classic/observation";
import { anyObservation } from "./any-observation";

const runs = { numRuns: 6_000 };

const anyHold: fc.Arbitrary<(o: Observation) => void> = fc.constantFrom(
  (o: Observation) => void (o.object.metadata.annotations = { "timesten.oracle.com/suspend": "true" }),
  (o: Observation) => void (o.object.spec.ttspec.stopManaging = "now"),
  (o: Observation) => void (o.object.status = { ...o.object.status, managementStopped: "StopManaging" }),
  (o: Observation) => void (o.object.status = { ...o.object.status, managementStopped: "BothDown" }),
);

it("an object that a person has taken out of management is looked at, and nothing but status is written", () => {
  fc.assert(
    fc.property(anyObservation, anyHold, (o, hold) => {
      // A planned change that has begun is brought to its end first.
      fc.pre(!isHandingOver(o));
      hold(o);
      const d = decide(o);
      expect(d).toMatchObject({ recordWrite: null, commands: [], effects: [], stopwatch: null });
      expect(d.conditions.ManagementSuspended.status).toBe("True");
      expect(d.conditions.FailoverPossible.status).toBe("False");
      expect(d.reasons).toHaveLength(1);
      expect(d.wakeAfterMs).toBeLessThanOrEqual(o.settings.pollingIntervalMs);
    }),
    { numRuns: 2_000 },
  );
});

it("both down with bothDownBehavior: Manual, nobody is loaded, named or led to", () => {
  let held = 0;
  fc.assert(
    fc.property(anyObservation, o => {
      fc.pre(!isHandingOver(o));
      o.object.spec.ttspec.bothDownBehavior = "Manual";
      const d = decide(o);
      if (d.state !== "BothDown") return;
      held++;
      expect(d).toMatchObject({ recordWrite: null, commands: [], effects: [] });
      expect(d.management.stopped).toBe("BothDown");
    }),
    runs,
  );
  expect(held).toBeGreaterThan(20);
});
