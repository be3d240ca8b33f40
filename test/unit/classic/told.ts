/** What every decision keeps to, whatever it is about. */
import type { Decision } from "../../../capabilities/classic/decision";
import type { Observation } from "../../../capabilities/classic/observation";
import { reasons } from "../../../capabilities/classic/reasons";

/** Its reasons are known ones that say something, and it waits no longer than the polling interval. */
export function expectToldAndTimely(d: Decision, { settings }: Observation): void {
  for (const { reason, message } of d.reasons) {
    expect(Object.keys(reasons)).toContain(reason);
    expect(message).not.toBe("");
  }
  expect(d.wakeAfterMs).toBeGreaterThanOrEqual(0);
  expect(d.wakeAfterMs).toBeLessThanOrEqual(settings.pollingIntervalMs);
}
