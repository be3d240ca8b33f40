/**
 * Which TimesTen a new image holds, learnt before anything of the object runs it, and whether the databases may change
 * to it. docs/decisions/0007 says why a Pod of its own finds that out.
 */
import { compareReleases } from "../../../../protocol";
import { probePodName } from "../../../objects";
import type { Effect, Reason } from "../../decision";
import type { ImageProbe, Observation } from "../../observation";

export interface ReleaseQuestion {
  image: string;
  /** Where the first database of that image will run; null: not known. */
  nodeName: string | null;
  /** How long the image may take to answer, ms; 0: for ever. */
  timeoutMs: number;
}

export type ReleaseAnswer =
  /** "Unknown" where the image runs but does not say. */
  | { is: "known"; release: string }
  /** Nothing may be touched yet. `wakeAfterMs`: look again then even if nothing happens; Infinity: not needed. */
  | { is: "asking"; why: Reason; effects: Effect[]; wakeAfterMs: number }
  /** Nothing was touched, and it does not go away by itself. */
  | { is: "unusable"; why: Reason };

/** A probe that was lost is made again after this, ms. */
const AGAIN_MS = 1_000;

/** @returns what is known of the image; the effects of `asking` are to be carried out */
export function askRelease(o: Pick<Observation, "probes" | "object">, q: ReleaseQuestion): ReleaseAnswer {
  const probe = o.probes.find(one => one.image === q.image);
  const podName = probe?.podName ?? probePodName(o.object.metadata.name, q.image);
  const learning = (what: string): Reason => ({ reason: "LearningRelease", message: what });
  if (probe === undefined) {
    const effects: Effect[] = [{ do: "probe", podName, image: q.image, nodeName: q.nodeName }];
    const why = learning(`Pod ${podName} is made to learn which TimesTen ${q.image} holds`);
    return { is: "asking", why, effects, wakeAfterMs: Infinity };
  }
  const { found } = probe;
  switch (found.is) {
    case "release":
      return { is: "known", release: found.release };
    case "unusable":
      return { is: "unusable", why: unusable(q.image, found.message) };
    case "lost": {
      const why = learning(`Pod ${podName} ended before it could tell (${found.message}); another one looks`);
      return { is: "asking", why, effects: [endOf(probe)], wakeAfterMs: AGAIN_MS };
    }
    case "waiting":
      return waiting(probe, q, found.trouble);
  }
}

function waiting(probe: ImageProbe, q: ReleaseQuestion, trouble: string | null): ReleaseAnswer {
  const leftMs = q.timeoutMs === 0 ? Infinity : q.timeoutMs - probe.ageMs;
  if (leftMs <= 0) {
    const what = trouble ?? `Pod ${probe.podName} did not run`;
    return { is: "unusable", why: unusable(q.image, `${what}; not within ${q.timeoutMs / 1000} s`) };
  }
  const why: Reason =
    trouble === null
      ? { reason: "LearningRelease", message: `Pod ${probe.podName} looks which TimesTen ${q.image} holds` }
      : {
          reason: "ImageTrouble",
          message: `${q.image} does not run yet in Pod ${probe.podName}: ${trouble}`,
        };
  return { is: "asking", why, effects: [], wakeAfterMs: leftMs };
}

function unusable(image: string, message: string): Reason {
  return { reason: "ImageUnusable", message: `${image} cannot be used: ${message}` };
}

const endOf = ({ podName, podUID }: ImageProbe): Effect => ({ do: "endProbe", podName, podUID });

/**
 * @param keep image whose probe is still needed; null: none is
 * @returns the ends of all other probes
 */
export function endProbes(o: Pick<Observation, "probes">, keep: string | null): Effect[] {
  return o.probes.filter(probe => probe.image !== keep).map(endOf);
}

/** What a change of release is. unknown: one side does not say; the databases themselves are compared later. */
export type ReleaseChange = "same" | "upgrade" | "downgrade" | "unknown" | "refused";

const NUMBERED = /^\d+(?:\.\d+)+$/;

/**
 * Databases change their release only within a major one (its first two numbers): up and down alike.
 * @param from the release of every database that has to change
 * @param to the new image's
 */
export function releaseChange(from: readonly string[], to: string): ReleaseChange {
  const known = from.filter(release => NUMBERED.test(release));
  if (!NUMBERED.test(to) || known.length === 0) return "unknown";
  if (known.some(release => major(release) !== major(to))) return "refused";
  const steps = known.map(release => compareReleases(release, to));
  if (steps.every(step => step === 0)) return "same";
  return steps.some(step => step > 0) ? "downgrade" : "upgrade";
}

/** @returns the first two numbers, e.g. 18.1 */
export function major(release: string): string {
  return release.split(".").slice(0, 2).join(".");
}

/**
 * @param to release that `image` holds
 * @returns why the databases may not change to it; null when they may
 */
export function whyRefused(from: readonly string[], image: string, to: string): Reason | null {
  if (releaseChange(from, to) !== "refused") return null;
  const present = [...new Set(from)].join(" and ");
  const message =
    `${image} holds TimesTen ${to}, the databases are of ${present}: a change of the major release ` +
    "is no upgrade, its data has to be exported and imported";
  return { reason: "ReleaseRefused", message };
}
