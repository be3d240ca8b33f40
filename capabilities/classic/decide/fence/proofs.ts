/** Proofs that an old boot can no longer write, as they are carried to the standby (docs/fencing.md). */
import type { Evidence, Proof, Writer } from "../../../../protocol";
import { heard, otherPod, writerPod } from "../facts";
import type { BootEnd, Observation, ObservedPod } from "../../observation";

/** @returns proof *over* from what was heard */
export function overProof(end: BootEnd): Proof {
  return { kind: "over", podUID: end.podUID, boot: end.boot, containerID: end.containerID, by: end.by };
}

/**
 * Proof *fenced*: the pod's own agent obeys a record above n and has closed.
 * @returns null when it has not said so
 */
export function fencedProof(pod: ObservedPod, n: number): Proof | null {
  const state = heard(pod);
  if (state === null || state.boot === null) return null;
  const { obeyedN, closed } = state.permission;
  if (obeyedN <= n || !closed) return null;
  const by = `the agent of ${pod.name} obeys record ${obeyedN} and says that its database is closed`;
  return { kind: "fenced", podUID: state.podUID, boot: state.boot, containerID: null, by };
}

/** @returns the proof about the writer of the record in force, or null when there is none */
export function proofAboutWriter(o: Observation, writer: Writer, n: number): Proof | null {
  const end = o.ends.find(one => one.podUID === writer.podUID && one.boot === writer.boot);
  if (end !== undefined) return overProof(end);
  const pod = o.pods.find(one => one.uid === writer.podUID);
  const fenced = pod === undefined ? null : fencedProof(pod, n);
  return fenced?.boot === writer.boot ? fenced : null;
}

/** @returns what is carried to the agents with the record in force */
export function evidenceFor(o: Observation): Evidence {
  if (o.record === null) return { soloEnded: null, proofs: [] };
  const { value: record, notes } = o.record;
  const writer = writerPod(o);
  if (record.mode === "Pair") {
    const told = writer === null ? null : heard(writer);
    const word = told !== null && told.boot === record.writer.boot ? told.permission.soloEnded : null;
    return { soloEnded: word?.n === record.n ? word : null, proofs: [] };
  }
  if (record.mode === "Closed" || record.from === 0 || writer === null)
    return { soloEnded: null, proofs: [] };
  return { soloEnded: null, proofs: promotionProofs(o, notes.proofs, otherPod(o, writer), record.from) };
}

/** What was noted at the decision, what has been heard since, and the old writer's own word. */
function promotionProofs(o: Observation, noted: Proof[], old: ObservedPod, from: number): Proof[] {
  const fenced = fencedProof(old, from);
  const all = [...noted, ...o.ends.map(overProof), ...(fenced === null ? [] : [fenced])];
  const first = (proof: Proof, index: number) =>
    all.findIndex(one => one.podUID === proof.podUID && one.boot === proof.boot) === index;
  return all.filter(first);
}
