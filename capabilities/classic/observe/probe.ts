/** What a Pod that looks at an image has come to. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { parseReleaseReport } from "../../../protocol";
import { isOwnedBy, PROBE_CONTAINER, PROBED_IMAGE_ANNOTATION } from "../../objects";
import type { ImageProbe, ProbeFinding } from "../observation";
import type { ContainerStatus, PodObject } from "./podObject";

/** A message of the kubelet or of a container is kept up to this many characters. */
const MESSAGE_LENGTH = 300;

/**
 * @param pods all with the label of a probe of an object of that name
 * @returns those of this life of the object
 */
export function imageProbes(
  object: TimesTenClassicObject,
  pods: readonly PodObject[],
  nowMs: number,
): ImageProbe[] {
  return pods.flatMap(pod => {
    const { name, uid, annotations, creationTimestamp } = pod.metadata;
    const image = annotations?.[PROBED_IMAGE_ANNOTATION];
    if (!isOwnedBy(pod, object) || uid === undefined || image === undefined) return [];
    const ageMs = Math.max(0, nowMs - (Date.parse(creationTimestamp ?? "") || nowMs));
    return [{ podName: name, podUID: uid, image, ageMs, found: finding(pod) }];
  });
}

function finding(pod: PodObject): ProbeFinding {
  const containers = pod.status?.containerStatuses ?? [];
  const { state, lastState } = containers.find(one => one.name === PROBE_CONTAINER) ?? {};
  // What it said before the kubelet tried again counts until it says something else.
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended !== undefined) return verdict(ended.exitCode ?? -1, ended.message ?? "", ended.reason ?? "");
  if (pod.metadata.deletionTimestamp !== undefined) return { is: "lost", message: "it is being deleted" };
  const { phase, reason = "", message = "" } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded") {
    return { is: "lost", message: sentence(reason || phase, message || whatFailed(pod)) };
  }
  return { is: "waiting", trouble: troubleOf(pod) };
}

/** ContainerStatusUnknown and an end by a signal from outside are no word about the image. */
function verdict(exitCode: number, message: string, reason: string): ProbeFinding {
  const report = exitCode === 0 ? parseReleaseReport(message) : null;
  if (report !== null) return { is: "release", release: report.release };
  if (reason === "ContainerStatusUnknown") return { is: "lost", message: reason };
  const what = message === "" ? `it ended with exit code ${exitCode}` : message;
  return {
    is: "unusable",
    message: sentence(reason === "Error" || reason === "Completed" ? "" : reason, what),
  };
}

function whatFailed(pod: PodObject): string {
  const ended = (pod.status?.initContainerStatuses ?? []).find(one => one.state?.terminated?.exitCode !== 0);
  return ended?.state?.terminated?.message ?? "";
}

/** Reasons for waiting that are the ordinary course of things. */
const ORDINARY = ["", "PodInitializing", "ContainerCreating"];

/** @returns what the kubelet waits for: an image first, then a node; null where nothing is in the way */
export function troubleOf(pod: PodObject): string | null {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = pod.status ?? {};
  for (const one of initContainerStatuses) {
    const trouble = failureOf(one, one.state?.terminated) ?? troubleIn(one);
    if (trouble !== null) return trouble;
  }
  for (const one of containerStatuses) {
    const trouble = troubleIn(one);
    if (trouble !== null) return trouble;
  }
  const scheduled = conditions.find(one => one.type === "PodScheduled" && one.status === "False");
  return scheduled === undefined ? null : sentence(scheduled.reason ?? "", scheduled.message ?? "");
}

function troubleIn(container: ContainerStatus): string | null {
  const { reason = "", message = "" } = container.state?.waiting ?? {};
  if (ORDINARY.includes(reason)) return null;
  // How long the kubelet pauses is news again and again; why the container ends is what counts.
  if (reason === "CrashLoopBackOff") return failureOf(container, container.lastState?.terminated) ?? reason;
  // The kubelet says both in turn, the second with the words of the first: one trouble.
  if (reason !== "ImagePullBackOff") return sentence(reason, message);
  return sentence("ErrImagePull", message.replace(/^Back-off pulling image "[^"]*"(: ErrImagePull: )?/, ""));
}

type Ended = NonNullable<ContainerStatus["lastState"]>["terminated"];

/** @returns with what a container ended, in its own words where it left some; null when it did not, or did well */
function failureOf({ name }: ContainerStatus, ended: Ended): string | null {
  if (ended === undefined || ended.exitCode === 0) return null;
  const { exitCode, reason = "", message = "" } = ended;
  const what = message === "" ? `${reason} (exit code ${exitCode ?? "unknown"})`.trim() : message;
  return sentence(`${name} fails`, what);
}

function sentence(reason: string, message: string): string {
  return [reason, message.trim().replace(/\s+/g, " ")]
    .filter(part => part !== "")
    .join(": ")
    .slice(0, MESSAGE_LENGTH);
}
