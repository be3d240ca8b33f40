import { systemClock } from "../../../agent/system";
import { readConfig, readWitnessConfig } from "../../../agent/entry/config";

/** The largest delay that Node's timers know, ms. */
const LONGEST_MS = 2 ** 31 - 1;

describe("a time longer than Node's timers reach", () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([2 ** 31, 2_147_483_647_000, Infinity])("%d ms does not end at once", ms => {
    const timers = jest.spyOn(globalThis, "setTimeout");
    systemClock.setTimer(ms, () => undefined)();
    expect(timers.mock.lastCall?.[1]).toBe(LONGEST_MS);
  });

  it("is cut where a Pod's grace period is as long", () => {
    const env = {
      TT_DB_NAME: "sample",
      POD_NAME: "sample-0",
      POD_UID: "uid",
      TT_OBJECT_UID: "object",
      TIMESTEN_HOME: "/tt/home/oracle/instances/instance1",
      TT_GRACE_MS: "2147483647000",
    };
    for (const { graceMs } of [readConfig(env, false), readWitnessConfig(env)])
      expect(graceMs).toBeLessThan(LONGEST_MS);
  });
});
