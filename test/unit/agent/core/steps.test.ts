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
