/** What the agent remembers of a life of its database once that life is over. */
import { DatabaseLife } from "../../../../agent/core/life";
import type { AgentMemory, Disk, TimesTen } from "../../../../agent/ports";
import { VirtualSurroundings } from "../../../support/virtual-clock";

const writer = { podUID: "pod-a", boot: "boot-a" };
const nothing = (): Promise<void> => Promise.resolve();

/** A standby that is complete for Pair 5, its disk in memory. */
async function completeStandby() {
  const around = new VirtualSurroundings("life");
  let saved: AgentMemory | null = null;
  const disk: Disk = {
    load: () => Promise.resolve(saved),
    save: memory => {
      saved = memory;
      return Promise.resolve();
    },
  };
  let processes: string | null = "1/1";
  const timesten = {
    processes: () => Promise.resolve(processes),
    watchProcesses: () => () => undefined,
    killProcesses: () => {
      processes = null;
      return Promise.resolve();
    },
  } as unknown as TimesTen;
  const clock = { ...around.clock, boottimeMs: () => around.clock.monotonicMs() };
  let boots = 0;
  const life = new DatabaseLife({
    clock,
    disk,
    timesten,
    log: around.log,
    newBootId: () => `boot-${++boots}`,
    self: { podUID: "pod-b" },
    onChange: () => undefined,
  });
  await life.restore();
  await life.begin();
  await life.noteComplete({ n: 5, writer });
  const ends = (): Promise<void> => {
    processes = null;
    return Promise.resolve();
  };
  const startsAgain = async (): Promise<void> => {
    processes = "2/2";
    await life.begin();
  };
  return { life, ends, startsAgain };
}

describe("the copy of a standby that has left its Pair with everything", () => {
  it("still has everything when that life ended in order, and in the lives that only read it", async () => {
    const { life, ends, startsAgain } = await completeStandby();
    await life.noteLeft(5);
    expect(life.complete).toBeNull();
    await life.end("stopped", ends);
    expect(life.diskCompleteFor).toBe(5);
    await startsAgain();
    await life.end("daemon died");
    expect(life.diskCompleteFor).toBe(5);
  });

  it("may lack the last of it when that life was killed, also where it was asked to stop", async () => {
    const { life } = await completeStandby();
    await life.noteLeft(5);
    await life.end("stopped", nothing);
    expect(life.memory).toMatchObject({ diskComplete: null, endedBoots: [{ how: "daemon died" }] });
  });

  it("is as it was however that life ends, once it takes in nothing more and is durable", async () => {
    const { life } = await completeStandby();
    await life.noteLeft(5);
    await life.noteSecured();
    await life.end("daemon died");
    expect(life.diskCompleteFor).toBe(5);
  });

  it("has everything too where it ended in order without leaving, as in a handover", async () => {
    const { life, ends } = await completeStandby();
    await life.end("stopped", ends);
    expect(life.diskCompleteFor).toBe(5);
  });

  it("is no standby's any more once it was promoted", async () => {
    const { life, ends } = await completeStandby();
    await life.remember({ soloed: 6 });
    await life.end("stopped", ends);
    expect(life.diskCompleteFor).toBe(0);
  });

  it("is another one once it takes in more", async () => {
    const { life, ends } = await completeStandby();
    await life.noteLeft(5);
    await life.end("stopped", ends);
    await life.forgetCopy();
    expect(life.memory.diskComplete).toBeNull();
  });

  it("has nothing of a Pair for which it was not complete", async () => {
    const { life } = await completeStandby();
    await life.noteLeft(6);
    expect(life.memory).toMatchObject({ left: 6, diskComplete: null });
  });
});
