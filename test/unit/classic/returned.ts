/** Databases that came back from their disks, as the rows of the table need them. */
import { BOOT, UID, agentState, deadActive, idleView, observation, pod, record, solo } from "./fixtures";

/** The old writer is over. */
export const over0 = [{ podUID: UID[0], boot: BOOT[0] }];
/** Pod 0 with the old writer's disk, loaded again. */
export const returned = (n: number, soloed = n, how: "daemon died" | "stopped" = "daemon died") =>
  pod(0, {
    state: agentState(0, {
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how, podUID: "" }],
      timesten: idleView,
      permission: { obeyedN: n, soloed, mode: "none", closed: true },
    }),
  });
/** Lives of both databases. */
export const b0b = { podUID: UID[0], boot: "boot-0b" };
export const b1b = { podUID: UID[1], boot: "boot-1b" };
export const b1 = { podUID: UID[1], boot: BOOT[1] };
/** The writer that goes on. */
export const serving = (n: number) =>
  pod(0, { state: agentState(0, { permission: { obeyedN: n, soloed: n } }) });

/** The standby that left Pair 5 in order, loaded again. */
export const standbyDisk = (timesten: Partial<typeof idleView> = {}, n = 5, stopping = false) =>
  pod(1, {
    state: agentState(1, {
      boot: "boot-1b",
      timesten: { ...idleView, usingTwosafe: true, ...timesten },
      permission: { obeyedN: 6, completeFor: 0, left: 5, diskCompleteFor: n },
      stopping,
    }),
  });
/** It left while the writer's processes died. */
export const left = (change: Partial<Parameters<typeof observation>[0]>) =>
  observation({
    record: record({ n: 6, mode: "Closed", ready: false, from: 5 }),
    pods: [returned(6, 4), standbyDisk()],
    over: over0,
    ...change,
  });

/** A database of pod 1 that a person prepared to go on alone. */
export const chosen = (timesten: Partial<typeof idleView> = {}, obeyedN = 5) =>
  pod(1, {
    state: agentState(1, {
      boot: "boot-1b",
      timesten: { ...idleView, repScheme: "None", ...timesten },
      permission: { obeyedN, completeFor: 0 },
    }),
  });
/** A person asks for that one. */
export const prepared = (change: Partial<Parameters<typeof observation>[0]>) =>
  observation({
    state: "Reexamine",
    record: solo(),
    pods: [deadActive(), chosen()],
    over: over0,
    ...change,
  });
