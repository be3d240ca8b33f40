/** How far each search goes. */
import type { Bounds } from "./world";

const none: Bounds = {
  name: "",
  maxN: 3,
  maxBoot: 3,
  crashes: 0,
  restarts: 0,
  forced: 0,
  leaves: 0,
  swapped: false,
  async: false,
  planned: false,
  brisk: false,
  stale: false,
};

/** @returns bounds where only what is named may happen */
export function bounds(change: Partial<Bounds> & { name: string }): Bounds {
  return { ...none, ...change };
}

const planned = { async: true, planned: true, leaves: 2 };

/** For `make test`. */
export const smallRuns: readonly Bounds[] = [
  bounds({ name: "4 records, no fault", maxN: 4 }),
  bounds({ name: "4 records, 1 crash", maxN: 4, crashes: 1 }),
  bounds({ name: "3 records, 1 crash, 1 leave", crashes: 1, leaves: 1 }),
  bounds({ name: "3 records, 1 crash, 1 agent restart", crashes: 1, restarts: 1 }),
  bounds({ name: "3 records, force-delete, 1 leave, brisk", forced: 1, leaves: 1, brisk: true }),
  bounds({ name: "3 records, force-delete of the standby", forced: 1, swapped: true }),
  bounds({ name: "3 records, an operator on an old look, brisk", stale: true, brisk: true }),
  bounds({ name: "5 records, planned, asynchronous", maxN: 5, maxBoot: 5, ...planned }),
];

/** For `make model`: at least the bounds of the protocol's own model, and finer or wider ones beside. */
export const fullRuns: readonly Bounds[] = [
  bounds({ name: "5 records, 1 crash, 1 leave, brisk", maxN: 5, crashes: 1, leaves: 1, brisk: true }),
  bounds({
    name: "5 records, 1 agent restart, 1 crash, brisk",
    maxN: 5,
    crashes: 1,
    restarts: 1,
    brisk: true,
  }),
  bounds({ name: "5 records, force-delete, 1 leave, brisk", maxN: 5, forced: 1, leaves: 1, brisk: true }),
  bounds({ name: "5 records, force-delete, 1 crash, brisk", maxN: 5, forced: 1, crashes: 1, brisk: true }),
  bounds({ name: "6 records, 1 crash, brisk", maxN: 6, crashes: 1, brisk: true }),
  bounds({
    name: "5 records, 2 crashes, 1 leave, 4 lives, brisk",
    maxN: 5,
    maxBoot: 4,
    crashes: 2,
    leaves: 1,
    brisk: true,
  }),
  bounds({ name: "5 records, 1 crash", maxN: 5, crashes: 1 }),
  bounds({ name: "4 records, 1 crash, 1 leave", maxN: 4, crashes: 1, leaves: 1 }),
  bounds({
    name: "4 records, force-delete of the standby, brisk",
    maxN: 4,
    forced: 1,
    swapped: true,
    brisk: true,
  }),
  bounds({
    name: "3 records, 1 crash, an operator on an old look, brisk",
    crashes: 1,
    stale: true,
    brisk: true,
  }),
  bounds({ name: "6 records, planned, asynchronous", maxN: 6, maxBoot: 6, ...planned }),
];

/** From the states of these it is followed what comes of them once nothing fails any more. */
export const endingRuns: readonly Bounds[] = [
  bounds({ name: "3 records, 1 crash, 1 leave, brisk", crashes: 1, leaves: 1, brisk: true }),
  bounds({ name: "3 records, force-delete, brisk", forced: 1, brisk: true }),
  bounds({ name: "3 records, 1 agent restart, brisk", restarts: 1, brisk: true }),
];
