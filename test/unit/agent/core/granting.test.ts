import fc from "fast-check";
import { LastGrant, RateComparison, standbyOf, whyNoGrant } from "../../../../agent/core/granting";
import { timingFor, type PermissionRecord } from "../../../../protocol";

const pair: PermissionRecord = {
  objectUID: "object",
  n: 5,
  mode: "Pair",
  writer: { podUID: "pod-b", boot: "boot-b" },
  standby: "pod-a",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};
const standby = { podUID: "pod-a", objectUID: "object", record: pair, left: 0, leaving: false };
const request = { n: 5, boot: "boot-b" };

describe("a grant", () => {
  it("is given to the writer of the very Pair that is obeyed", () => {
    expect(whyNoGrant(standby, request)).toBeNull();
  });

  it.each([
    ["no record is known", { ...standby, record: null }, request],
    ["the record is another object's", { ...standby, objectUID: "another" }, request],
    ["an older number is asked for", standby, { ...request, n: 4 }],
    ["a newer number is asked for", standby, { ...request, n: 6 }],
    ["another life of the database asks", standby, { ...request, boot: "boot-c" }],
    ["the record is Solo", { ...standby, record: { ...pair, mode: "Solo" as const } }, request],
    ["the record is Closed", { ...standby, record: { ...pair, mode: "Closed" as const } }, request],
    ["another pod is the standby", { ...standby, podUID: "pod-c" }, request],
    ["this standby left the Pair", { ...standby, left: 5 }, request],
    ["this standby is leaving", { ...standby, leaving: true }, request],
  ])("is refused when %s", (_, situation, asked) => {
    expect(whyNoGrant(situation, asked)).not.toBeNull();
  });
});

describe("the pair of which a pod is the standby", () => {
  it("is known in the Pair, in the Closed that ends it and in the promotion", () => {
    expect(standbyOf(pair, "pod-a")).toBe(5);
    expect(standbyOf({ ...pair, n: 6, mode: "Closed", from: 5 }, "pod-a")).toBe(5);
    const promotion = { ...pair, n: 7, mode: "Solo" as const, standby: null, from: 5 };
    expect(standbyOf({ ...promotion, writer: { podUID: "pod-a", boot: "x" } }, "pod-a")).toBe(5);
    expect(standbyOf(promotion, "pod-a")).toBe(0);
    expect(standbyOf(pair, "pod-b")).toBe(0);
    expect(standbyOf(null, "pod-a")).toBe(0);
  });
});

describe("waiting after the last grant", () => {
  const at = (ms: number) => ({ monotonicMs: ms, boottimeMs: ms });

  it("is over after W, counted from the last grant", () => {
    const last = new LastGrant(at(0));
    last.obey(pair);
    const { waitMs } = timingFor(6_000);
    last.grant(at(1_000), 6_000, 1_000);
    expect(last.leftMs(at(1_000 + waitMs - 1))).toBe(1);
    expect(last.leftMs(at(1_000 + waitMs))).toBe(0);
  });

  it("begins with the start of the agent: a former one may have granted just before it died", () => {
    const last = new LastGrant(at(500));
    last.obey(pair);
    expect(last.leftMs(at(500))).toBe(timingFor(6_000).waitMs);
  });

  it("is over only when both clocks say so", () => {
    const last = new LastGrant(at(0));
    last.obey(pair);
    expect(last.leftMs({ monotonicMs: 100, boottimeMs: 100_000 })).toBe(timingFor(6_000).waitMs - 100);
    expect(last.leftMs({ monotonicMs: 100_000, boottimeMs: 100 })).toBe(timingFor(6_000).waitMs - 100);
  });

  it("takes the longest times that were agreed in the same Pair", () => {
    const last = new LastGrant(at(0));
    last.obey(pair);
    last.grant(at(0), 10_000, 2_000);
    last.grant(at(0), 6_000, 1_000);
    expect(last.leftMs(at(0))).toBe(Math.ceil(1.1 * 12_000));
    last.obey({ ...pair, n: 6, mode: "Closed", from: 5 });
    expect(last.leftMs(at(0))).toBe(Math.ceil(1.1 * 12_000));
    last.obey({ ...pair, n: 8 });
    expect(last.leftMs(at(0))).toBe(timingFor(6_000).waitMs);
  });

  it("outlasts every permission it gave, whatever the clocks do within their bound", () => {
    const ms = fc.integer({ min: 0, max: 10_000 });
    const rate = fc.double({ min: 1, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(ms, ms, rate, fc.integer({ min: 3_000, max: 60_000 }), (asked, delay, fast, leaseMs) => {
        const { guardMs, waitMs } = timingFor(leaseMs);
        // True time: asked, then granted after the network's delay; the standby's clock may run fast.
        const granted = asked + delay;
        const writerEnds = asked + leaseMs + guardMs;
        const standbySaysOver = granted + waitMs / fast;
        expect(standbySaysOver).toBeGreaterThanOrEqual(writerEnds);
      }),
    );
  });
});

describe("comparing the rates of two clocks", () => {
  const at = (ms: number) => ({ monotonicMs: ms, boottimeMs: ms });

  it("says nothing before a minute, and nothing of rates that are near", () => {
    const rates = new RateComparison();
    rates.add(at(0), at(0));
    rates.add(at(90_000), at(50_000));
    expect(rates.whyNoWaiting()).toBeNull();
    rates.add(at(102_000), at(100_000));
    expect(rates.whyNoWaiting()).toBeNull();
  });

  it("forbids to rely on waiting when they are apart, and allows it again when they are not", () => {
    const rates = new RateComparison();
    rates.add(at(0), at(0));
    rates.add(at(110_000), at(100_000));
    expect(rates.whyNoWaiting()).toMatch(/runs at 1\.100/);
    rates.add(at(900_500), at(900_001));
    rates.add(at(1_000_000), at(1_000_000));
    expect(rates.whyNoWaiting()).toBeNull();
  });

  it("begins anew when the other node was booted", () => {
    const rates = new RateComparison();
    rates.add(at(500_000), at(0));
    rates.add(at(10), at(100_000));
    rates.add(at(100_010), at(200_000));
    expect(rates.whyNoWaiting()).toBeNull();
  });
});
