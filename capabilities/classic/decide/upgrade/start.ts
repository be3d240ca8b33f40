/** Whether an upgrade may begin: the pair can spare its standby, and the new image is one it may change to. */
import type { Effect, EventText, Reason } from "../../decision";
import type { Observation } from "../../observation";
import {
  imageOf,
  isStuck,
  releaseOf,
  releaseOfTarget,
  rolesNow,
  servingWriter,
  standbyIsExpendable,
  target,
  whyNotFit,
} from "./facts";
import type { UpgradeMemory } from "./memory";
import { askRelease, endProbes, whyRefused } from "./release";
import { texts } from "./texts";

export type Readiness =
  | { is: "ready"; toRelease: string | null; effects: Effect[] }
  /** Nothing has been touched; it goes on by itself. */
  | { is: "waiting"; why: Reason; trouble: Reason | null; effects: Effect[]; wakeAfterMs: number }
  /** Nothing has been touched; only a person changes that. */
  | { is: "refused"; why: Reason; events: EventText[]; effects: Effect[] };

/** @returns whether the change of image that was taken note of may be carried out now */
export function readiness(o: Observation, memory: UpgradeMemory): Readiness {
  const image = target(o);
  const unfit = maySkipFitness(o, memory) ? null : whyNotFit(o);
  if (unfit !== null) {
    const why: Reason = { reason: "UpgradeWaiting", message: `the change to ${image} waits: ${unfit}` };
    return { is: "waiting", why, trouble: null, effects: endProbes(o, image), wakeAfterMs: Infinity };
  }
  const mismatch = releaseMismatch(o);
  if (mismatch !== null) {
    const why: Reason = { reason: "UpgradeRefused", message: mismatch.message };
    return { is: "refused", why, events: [mismatch], effects: endProbes(o, null) };
  }
  return checkRelease(o, image);
}

/** What is broken already need not be in order first: the change of image may be its repair. */
function maySkipFitness(o: Observation, memory: UpgradeMemory): boolean {
  const roles = rolesNow(o);
  if (roles === null || servingWriter(o) === null) return false;
  const stuck = isStuck(roles.peer) && imageOf(o, roles.peer) === "old";
  return stuck || (memory.restarted && standbyIsExpendable(o));
}

/** Two pods of one image that run different releases: what that image holds is not what anybody thinks. */
function releaseMismatch(o: Observation): EventText | null {
  const [a, b] = o.pods;
  const [x, y] = [releaseOf(a), releaseOf(b)];
  const sameImage = a.images !== null && a.images.tt === b.images?.tt && imageOf(o, a) === "old";
  return sameImage && x !== null && y !== null && x !== y ? texts.mismatch(x, y) : null;
}

function checkRelease(o: Observation, image: string): Readiness {
  const known = releaseOfTarget(o);
  const answer =
    known === null
      ? askRelease(o, {
          image,
          nodeName: rolesNow(o)?.peer.nodeName ?? null,
          timeoutMs: o.settings.upgradeDownPodTimeoutMs,
        })
      : ({ is: "known", release: known } as const);
  switch (answer.is) {
    case "asking": {
      const { why, wakeAfterMs } = answer;
      const effects = [...answer.effects, ...endProbes(o, image)];
      return {
        is: "waiting",
        why,
        trouble: why.reason === "ImageTrouble" ? why : null,
        effects,
        wakeAfterMs,
      };
    }
    case "unusable":
      return { is: "refused", why: answer.why, events: [], effects: endProbes(o, null) };
    case "known": {
      const from = o.pods.filter(pod => imageOf(o, pod) === "old").map(releaseOf);
      const why = whyRefused(
        from.filter(release => release !== null),
        image,
        answer.release,
      );
      const effects = endProbes(o, null);
      if (why !== null) return { is: "refused", why, events: [], effects };
      return { is: "ready", toRelease: answer.release, effects };
    }
  }
}
