/** A TimesTenClassic pair as demo, tests and benchmarks see it: through kubectl. */
import { until, type AnyObject, type Kubectl } from "./kubectl";

/** Changes fields of spec.ttspec; null takes one away. */
export async function changeSpec(k: Kubectl, name: string, ttspec: object): Promise<void> {
  const patch = JSON.stringify({ spec: { ttspec } });
  await k.run(["patch", "ttc", name, "--type", "merge", "-p", patch]);
}

export interface PairStatus {
  highLevelState?: string;
  prevHighLevelState?: string;
  activePods?: string;
  observedGeneration?: number;
  lastFailover?: Record<string, string | number | boolean>;
  conditions?: { type: string; status: string; reason: string; message: string }[];
  decisions?: { at: string; reason: string; message: string }[];
  switchover?: { requestId?: string; phase?: string; message?: string; from?: string; to?: string };
}

export interface PairObject extends AnyObject {
  status?: PairStatus;
}

/** One line of `kubectl get events`, oldest first. */
export interface EventLine {
  at: string;
  reason: string;
  message: string;
}

interface EventObject extends AnyObject {
  reason: string;
  message: string;
  eventTime?: string;
  firstTimestamp?: string;
  lastTimestamp?: string;
}

/** @returns the object's status; empty before the operator first wrote one */
export async function pairStatus(k: Kubectl, name: string): Promise<PairStatus> {
  return (await k.get<PairObject>("timestenclassics", name))?.status ?? {};
}

/**
 * Waits for Normal.
 * @param active only with that pod as the active
 * @throws with describe's output when it takes too long
 */
export async function waitNormal(
  k: Kubectl,
  name: string,
  timeoutMs: number,
  active?: string,
): Promise<PairStatus> {
  return until(
    `${name} is Normal${active === undefined ? "" : ` with ${active} as the active`}`,
    timeoutMs,
    async () => {
      const status = await pairStatus(k, name);
      const fits =
        status.highLevelState === "Normal" && (active === undefined || status.activePods === active);
      return fits ? status : undefined;
    },
    { everyMs: 100, state: () => k.run(["describe", "timestenclassics", name]) },
  );
}

/** Waits until another pod than `former` is the active and the pair is Normal again. */
export async function waitFailedOver(
  k: Kubectl,
  name: string,
  former: string,
  timeoutMs: number,
): Promise<PairStatus> {
  const other = peerOf(former);
  return waitNormal(k, name, timeoutMs, other);
}

/** @returns the name of the pair's other pod */
export function peerOf(pod: string): string {
  return pod.endsWith("-0") ? pod.replace(/-0$/, "-1") : pod.replace(/-1$/, "-0");
}

/** @returns the events of one object, oldest first */
export async function eventsOf(k: Kubectl, name: string): Promise<EventLine[]> {
  const events = await k.list<EventObject>("events", ["--field-selector", `involvedObject.name=${name}`]);
  return events
    .map(e => ({
      at: e.eventTime ?? e.firstTimestamp ?? e.lastTimestamp ?? "",
      reason: e.reason,
      message: e.message,
    }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** SIGKILL to the TimesTen main daemon in a pod, as a crash of it would be. */
export async function killDaemon(k: Kubectl, pod: string): Promise<void> {
  const status = await k.exec(pod, "tt", ["bash", "-lc", "ttStatus"]);
  const pid = /Daemon pid (\d+)/.exec(status)?.[1];
  if (pid === undefined) throw new Error(`ttStatus in ${pod} names no daemon:\n${status}`);
  await k.exec(pod, "tt", ["kill", "-9", pid]);
}
