/** What the timeouts and the interval of the spec come to, and that decisions go by them. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { pairSettings } from "../../../capabilities/classic/observe/settings";
import type { TtSpec } from "../../../generated/types";
import { sample, settings } from "../objects/sample";
import { agentState, daemonDownView, emptyView, observation, pod, silentPod, solo } from "./fixtures";

const of = (ttspec: Partial<TtSpec> = {}) => pairSettings(sample(ttspec), settings);

describe("the settings of a pair", () => {
  it("have Oracle's defaults", () => {
    expect(of()).toMatchObject({
      pollingIntervalMs: 5_000,
      repStateTimeoutMs: 30_000,
      commandMs: 60_000,
      longTaskMs: 600_000,
    });
  });

  it("are those of the spec", () => {
    const given = of({
      pollingInterval: 2,
      repStateTimeout: 7,
      agentGetTimeout: 8,
      agentPostTimeout: 90,
      unreachableTimeout: 12,
    });
    expect(given).toMatchObject({
      pollingIntervalMs: 2_000,
      repStateTimeoutMs: 7_000,
      commandMs: 8_000,
      longTaskMs: 90_000,
      unreachableTimeoutMs: 12_000,
    });
  });

  it("take agentAsyncTimeout for long tasks before agentPostTimeout", () => {
    expect(of({ agentPostTimeout: 90, agentAsyncTimeout: 1_200 }).longTaskMs).toBe(1_200_000);
  });

  it("take 0 as no limit where the schema says so: three weeks, which a timer can hold", () => {
    const { commandMs, longTaskMs } = of({ agentGetTimeout: 0, agentPostTimeout: 0 });
    expect([commandMs, longTaskMs]).toEqual([1_814_400_000, 1_814_400_000]);
    expect(commandMs).toBeLessThan(2 ** 31);
  });

  it("take values below what is allowed, from before the schema, as the default", () => {
    expect(of({ pollingInterval: 0, repStateTimeout: -1 })).toMatchObject({
      pollingIntervalMs: 5_000,
      repStateTimeoutMs: 30_000,
    });
  });
});

describe("decisions", () => {
  const with_ = (change: Partial<ReturnType<typeof of>>, o = observation()) =>
    decide({ ...o, settings: { ...o.settings, ...change } });

  it("look again after pollingInterval at the latest", () => {
    for (const pollingIntervalMs of [1_000, 5_000, 20_000])
      expect(with_({ pollingIntervalMs }).wakeAfterMs).toBe(pollingIntervalMs);
  });

  it("bear a RECOVERING standby for repStateTimeout", () => {
    const recovering = pod(1, {
      state: agentState(1, { timesten: { repState: "RECOVERING" } }),
      agent: { repStateForMs: 10_000 },
    });
    const o = observation({
      pods: [pod(0, { state: agentState(0, { permission: { mode: "finite" } }) }), recovering],
    });
    expect(with_({ repStateTimeoutMs: 11_000 }, o).state).toBe("Normal");
    expect(with_({ repStateTimeoutMs: 10_000 }, o).state).toBe("ActiveTakeover");
  });

  it("count a silent standby as lost after unreachableTimeout", () => {
    const o = observation({
      pods: [pod(0, { state: agentState(0, { permission: { mode: "finite" } }) }), silentPod(1, 10_000)],
    });
    expect(with_({ unreachableTimeoutMs: 11_000 }, o).state).toBe("Normal");
    expect(with_({ unreachableTimeoutMs: 10_000 }, o).state).toBe("ActiveTakeover");
  });

  it("give short and long commands their deadlines", () => {
    const down = observation({
      record: solo(),
      pods: [pod(0), pod(1, { state: agentState(1, { boot: null, timesten: daemonDownView }) })],
    });
    expect(with_({ commandMs: 8_000 }, down).commands[0]?.command).toMatchObject({
      verb: "startDaemon",
      deadlineMs: 8_000,
    });
    const writer = pod(0, { state: agentState(0, { permission: { soloed: 5 } }) });
    const empty = pod(1, {
      state: agentState(1, { boot: null, timesten: emptyView, permission: { completeFor: 0 } }),
    });
    const rebuild = observation({ state: "StandbyDown", record: solo(), pods: [writer, empty] });
    expect(with_({ longTaskMs: 90_000 }, rebuild).commands[0]?.command).toMatchObject({
      verb: "duplicate",
      deadlineMs: 90_000,
    });
  });
});
