import type { Observation, ObservedPod } from "../../observation";
import { attempts, idPrefix } from "../ask";

/**
 * The user's epilog.sql runs once, in the first life of a new pair (record 1), before its standby is made. What
 * becomes of it is the user's matter: a failure is told and not tried again.
 * @returns whether it has not ended yet
 */
export function epilogPending(o: Observation, writer: ObservedPod): boolean {
  const record = o.record?.value;
  if (record?.n !== 1 || record.mode !== "Solo" || writer.uid === null) return false;
  const tried = attempts(writer, idPrefix(writer.uid, 1, record.writer.boot, "runEpilog"));
  return tried.every(task => task.status === "running");
}
