/** Proofs that an old boot can no longer write, as they are carried to the standby (docs/fencing.md). */
import { noEvidence, type Evidence, type Proof, type Writer } from "../../../../protocol";
import { heard, leaving, otherPod, podOf, waitedOut, writerPod } from "../facts";
import type { BootEnd, Observation, ObservedPod } from "../../observation";
import { isAwaited } from "./returning";

/**
 * On what a promotion may be written: a proof, which is carried to the standby, or *waited*, which the standby sees
 * for itself and nobody can carry.
 */
export type Ground = Omit<Proof, "kind"> & { kind: Proof["kind"] | "waited" };

/** @returns proof *over* from what was heard, or *attested* where a person vouches */
export function overProof(end: BootEnd): Proof {
  const { podUID, boot, containerID, by, source } = end;
  return { kind: source === "attested" ? "attested" : "over", podUID, boot, containerID, by };
}

/** @returns what is carried of a ground: everything but *waited* */
export function carried(ground: Ground): Proof[] {
  const { kind } = ground;
  return kind === "waited" ? [] : [{ ...ground, kind }];
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
  const pod = podOf(o, writer.podUID);
  const fenced = pod === undefined ? null : fencedProof(pod, n);
  return fenced?.boot === writer.boot ? fenced : null;
}

/**
 * @param p number of the ready Pair that is left
 * @param below the old writer must obey a number above this for its closed word to count
 * @param standby the pod that is to be promoted
 * @returns why the old writer cannot write any more, or null when nothing says so
 */
export function groundFor(
  o: Observation,
  writer: Writer,
  { p, below, standby }: { p: number; below: number; standby: ObservedPod },
): Ground | null {
  const proof = proofAboutWriter(o, writer, below);
  if (proof !== null) return proof;
  if (!waitedOut(standby, p)) return null;
  const by = `${standby.name} has granted nothing for so long that no grant for Pair ${p} can be in force`;
  return { kind: "waited", ...writer, containerID: null, by };
}

/**
 * A writer that is heard and stays is not replaced on *waited*: it goes on alone instead. One that is silent is not
 * replaced before it was silent for as long as the object says.
 * @returns why the ground is not used now, as a clause for people; null when it is
 */
export function whyNotNow(o: Observation, ground: Ground): string | null {
  if (ground.kind !== "waited") return null;
  const pod = podOf(o, ground.podUID);
  const state = pod === undefined ? null : heard(pod);
  if (pod !== undefined && state !== null) {
    const stays = state.boot === ground.boot && !leaving(pod);
    return stays ? `${pod.name} is heard and may go on alone` : null;
  }
  const { writerSilenceMs } = o.settings;
  const leftMs = writerSilenceMs - o.writerSeen.silentForMs;
  return leftMs > 0 ? `it is not replaced before ${writerSilenceMs / 1000} seconds of silence` : null;
}

/** @returns what is carried to the agents with the record in force */
export function evidenceFor(o: Observation): Evidence {
  if (o.record === null) return noEvidence;
  const { value: record, notes } = o.record;
  const writer = writerPod(o);
  if (record.mode === "Pair") {
    const told = writer === null ? null : heard(writer);
    const word = told !== null && told.boot === record.writer.boot ? told.permission.soloEnded : null;
    return { ...noEvidence, soloEnded: word?.n === record.n ? word : null };
  }
  if (record.mode === "Closed" || record.from === 0 || writer === null) return noEvidence;
  const old = otherPod(o, writer);
  const proofs = promotionProofs(o, notes.proofs, old, record.from);
  return { soloEnded: null, proofs, returns: isAwaited(o, old) };
}

/** What was noted at the decision, what has been heard since, and the old writer's own word. */
function promotionProofs(o: Observation, noted: Proof[], old: ObservedPod, from: number): Proof[] {
  const fenced = fencedProof(old, from);
  const all = [...noted, ...o.ends.map(overProof), ...(fenced === null ? [] : [fenced])];
  const first = (proof: Proof, index: number) =>
    all.findIndex(one => one.podUID === proof.podUID && one.boot === proof.boot) === index;
  return all.filter(first);
}
