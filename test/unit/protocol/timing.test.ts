/** Properties of the times of the write permission, and of who counts with them. */
import fc from "fast-check";
import { LastGrant, whyNoGrant } from "../../../agent/core/granting";
import { remainingMs } from "../../../agent/clocks";
import {
  CLOCK_RATE_BOUND,
  LEASE_BOUNDS_MS,
  timingFor,
  type Clocks,
  type PermissionRecord,
} from "../../../protocol";

const lease = fc.integer({ min: LEASE_BOUNDS_MS.min, max: LEASE_BOUNDS_MS.max });
const time = fc.integer({ min: 0, max: 10 ** 9 });
const clocks = fc.record({ monotonicMs: time, boottimeMs: time });
const later = (at: Clocks, monotonicMs: number, boottimeMs: number): Clocks => ({
  monotonicMs: at.monotonicMs + monotonicMs,
  boottimeMs: at.boottimeMs + boottimeMs,
});

const record: PermissionRecord = {
  objectUID: "o",
  n: 3,
  mode: "Pair",
  writer: { podUID: "a", boot: "boot-a" },
  standby: "b",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};

it("W covers L and the guard on clocks that differ as much as is allowed, and a beat may be missed", () => {
  fc.assert(
    fc.property(lease, leaseMs => {
      const { heartbeatMs, closingMs, guardMs, waitMs } = timingFor(leaseMs);
      expect(waitMs).toBeGreaterThanOrEqual((1 + CLOCK_RATE_BOUND) * (leaseMs + guardMs));
      expect(leaseMs - closingMs - heartbeatMs).toBeGreaterThan(300 + heartbeatMs);
    }),
  );
});

it("a standby that granted does not believe in the end of W before the writer's guard has acted", () => {
  const rate = fc.double({ min: 1, max: 1 + CLOCK_RATE_BOUND, noNaN: true });
  fc.assert(
    fc.property(lease, clocks, rate, fc.nat(5_000), (leaseMs, granted, ratio, delayMs) => {
      const { guardMs } = timingFor(leaseMs);
      const last = new LastGrant(granted);
      last.obey({ ...record, leaseMs });
      last.grant(granted, leaseMs, guardMs);
      // The request left before the grant; the writer's clock is the slow one.
      const lastCommitMs = Math.max(0, leaseMs + guardMs - delayMs);
      const passed = Math.floor(lastCommitMs * ratio) - 1;
      expect(last.leftMs(later(granted, passed, passed))).toBeGreaterThan(0);
    }),
  );
});

it("W is over only when both clocks say so, a permission as soon as one does", () => {
  fc.assert(
    fc.property(clocks, fc.nat(100_000), fc.nat(100_000), lease, (at, monotonicMs, boottimeMs, leaseMs) => {
      const { waitMs, guardMs } = timingFor(leaseMs);
      const last = new LastGrant(at);
      last.obey({ ...record, leaseMs });
      last.grant(at, leaseMs, guardMs);
      const now = later(at, monotonicMs, boottimeMs);
      expect(last.leftMs(now)).toBe(Math.max(0, waitMs - Math.min(monotonicMs, boottimeMs)));
      const until = later(at, leaseMs, leaseMs);
      expect(remainingMs(until, now) <= 0).toBe(monotonicMs >= leaseMs || boottimeMs >= leaseMs);
    }),
  );
});

it("the longest W that was agreed in a Pair counts until the next one", () => {
  fc.assert(
    fc.property(clocks, fc.array(lease, { minLength: 1, maxLength: 5 }), lease, (at, agreed, own) => {
      const last = new LastGrant(at);
      last.obey({ ...record, leaseMs: own });
      for (const leaseMs of agreed) last.grant(at, leaseMs, timingFor(leaseMs).guardMs);
      last.obey({ ...record, n: 4, mode: "Closed", from: 3, leaseMs: own });
      const longest = Math.max(...[own, ...agreed].map(leaseMs => timingFor(leaseMs).waitMs));
      expect(last.leftMs(at)).toBe(longest);
      last.obey({ ...record, n: 5, leaseMs: own });
      expect(last.leftMs(at)).toBe(timingFor(own).waitMs);
    }),
  );
});

it("is granted exactly what the record in force says, to that life and that number", () => {
  const some = fc.record({
    n: fc.integer({ min: 1, max: 4 }),
    boot: fc.constantFrom("boot-a", "boot-x"),
    podUID: fc.constantFrom("a", "b", "c"),
    objectUID: fc.constantFrom("o", "other"),
    mode: fc.constantFrom("Pair", "Solo", "Closed"),
    left: fc.integer({ min: 0, max: 4 }),
    leaving: fc.boolean(),
  });
  fc.assert(
    fc.property(some, ({ n, boot, podUID, objectUID, mode, left, leaving }) => {
      const may =
        whyNoGrant({ podUID, objectUID, record: { ...record, mode }, left, leaving }, { n, boot }) === null;
      const exactly = n === 3 && boot === "boot-a" && podUID === "b" && objectUID === "o" && mode === "Pair";
      expect(may).toBe(exactly && left !== 3 && !leaving);
    }),
    { numRuns: 2_000 },
  );
});
