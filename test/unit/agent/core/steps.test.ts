import { closeWithinMs, runStep } from "../../../../agent/core/steps";
import type { TimesTen } from "../../../../agent/ports";
import { ManualClock } from "../support/clock";

const close = { do: "close", how: "planned", why: "record 6 is Closed" } as const;

/** A database whose users cannot be disconnected. @returns what becomes of closing it */
async function closing(isWanted: boolean): Promise<{ did: string[]; outcome: unknown }> {
  const clock = new ManualClock();
  const did: string[] = [];
  const timesten = {
    close: (signal: AbortSignal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("still connected"))),
      ),
    killProcesses: async () => void did.push("kill"),
  } as unknown as TimesTen;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const done = runStep(close, { clock, timesten, log, stillWanted: () => isWanted }).catch(String);
  clock.advance(closeWithinMs.planned - 1);
  expect(did).toEqual([]);
  clock.advance(1);
  return { outcome: await done, did };
}

it("a database that cannot be closed in time is killed", async () => {
  const { did, outcome } = await closing(true);
  expect(did).toEqual(["kill"]);
  expect(outcome).toMatchObject({ seen: { open: false } });
});

it("and is left alone where it is to go on by then, because the switchover was taken back", async () => {
  const { did, outcome } = await closing(false);
  expect(did).toEqual([]);
  expect(outcome).toContain("Error");
});

it.each([
  [true, ["stopRepAgent", "setActive"]],
  [false, ["setActive"]],
])("a promotion ends replication first, where there is any (%s)", async (replicates, steps) => {
  const did: string[] = [];
  const timesten = new Proxy({} as TimesTen, {
    get: (_target, name) => async () => void did.push(String(name)),
  });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const step = { do: "promote", n: 5, replicates, why: "over" } as const;
  const outcome = await runStep(step, { clock: new ManualClock(), timesten, log, stillWanted: () => true });
  expect(did).toEqual(steps);
  expect(outcome.seen).toMatchObject({ repState: "ACTIVE", repAgent: "Not Running" });
});
