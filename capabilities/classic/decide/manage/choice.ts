/**
 * A person's choice of the database that goes on, as Oracle's documents describe it: in its Pod the database is loaded,
 * the replication scheme dropped and the replication agent stopped; the other Pod's database is down; then reexamine
 * is changed. Nothing comes to look like that by itself, so it is the way out where no rule may decide.
 */
import type { PermissionRecord } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import { formerLifeOpen, heard, lifeOf, loadedAgain, otherPod, staying, type Loaded } from "../facts";
import { goesOn, stopped } from "../fence/next";
import type { Verdict } from "../fence/verdict";
import { examinedStates } from "../ha/podStates";

/** @returns the database that a person has prepared, and its pod; null where there is none, or it is not asked for */
export function chosenDatabase(o: Observation): { pod: ObservedPod; loaded: Loaded } | null {
  if (o.object.status?.highLevelState !== "Reexamine") return null;
  const states = examinedStates(o);
  const pod = o.pods.find(one => states[one.ordinal] === "HealthyIdle");
  if (pod === undefined || states[otherPod(o, pod).ordinal] !== "Down") return null;
  const loaded = loadedAgain(pod);
  return loaded === null ? null : { pod, loaded };
}

/**
 * The facts without which the choice is not written: nobody else can write, now or by an older record.
 * @returns what is missing, or null
 */
export function whyNotChosen(o: Observation, from: PermissionRecord, podUID: string): string | null {
  const chosen = chosenDatabase(o);
  if (chosen?.pod.uid !== podUID) return "a person's choice of this database";
  const other = otherPod(o, chosen.pod);
  const told = heard(other);
  if (told === null || told.boot !== null) return `the word of ${other.name} that its database is down`;
  if (staying(chosen.pod)?.permission.obeyedN !== from.n) return `${chosen.pod.name} to obey ${from.n}`;
  if (lifeOf(o, from.writer).is !== "over") return "a proof that the old writer cannot write";
  return formerLifeOpen(o, told) ?? formerLifeOpen(o, chosen.loaded.state);
}

/**
 * @returns what follows from a person's choice where the record names another database; null where there is no choice
 *   or the ordinary rules lead there anyway
 */
export function decideChoice(o: Observation): { rule: string; verdict: Verdict } | null {
  const record = o.record?.value;
  const chosen = chosenDatabase(o);
  if (record === undefined || chosen === null || chosen.pod.uid === null) return null;
  if (record.writer.boot === chosen.loaded.boot) return null;
  if (whyNotChosen(o, record, chosen.pod.uid) !== null) return null;
  const rule = "a person's choice";
  if (record.mode === "Pair") {
    const message = `the Pair is stopped: ${chosen.pod.name} was prepared to go on`;
    const why = { reason: "ChosenByPerson" as const, message };
    return { rule, verdict: { situation: "patience", why, write: stopped(record), proof: null } };
  }
  const write = goesOn(record, { podUID: chosen.pod.uid, boot: chosen.loaded.boot });
  const message = `${chosen.pod.name} was prepared to go on; record ${write.n} names it`;
  const why = { reason: "ChosenByPerson" as const, message };
  return { rule, verdict: { situation: "configuring", why, write, proof: null } };
}
