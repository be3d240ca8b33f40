/** The answer to a switchover request, for status and Events. What happens follows from the record (fence/handover.ts). */
import type { TimesTenClassicStatus } from "../../../../generated/types";
import type { EventText } from "../../decision";
import type { Observation } from "../../observation";
import { newRequest, plannedChange, requestedId, requestInRecord, whyUnfit } from "../fence/handover";
import type { Verdict } from "../fence/verdict";
import { otherPod, writerPod } from "../facts";
import { routed, servingPod } from "./routing";

export type Switchover = NonNullable<TimesTenClassicStatus["switchover"]>;

export interface SwitchoverAnswer {
  /** status.switchover from now on; null: as it is. */
  switchover: Switchover | null;
  events: EventText[];
}

const nothingNew: SwitchoverAnswer = { switchover: null, events: [] };
/** Longest message that status can show, characters. */
const MAX_MESSAGE = 2_048;

/**
 * @param verdict what the rules about the record come to in this pass; null where nothing of it is done
 * @returns what the requester is told now: each id is answered once
 */
export function answerSwitchover(o: Observation, verdict: Verdict | null): SwitchoverAnswer {
  const known = o.object.status?.switchover;
  const begun = verdict?.handover;
  if (begun?.kind === "switchover" && begun.requestId !== null) return started(o, begun.requestId);
  const inRecord = requestInRecord(o);
  const open = inRecord !== null && !isAnsweredSince(o, inRecord);
  if (open) return progress(o, verdict, inRecord);
  if (known?.phase === "Running") return refused(o, known.requestId ?? "", "it was given up", known);
  const id = newRequest(o);
  if (id === null) return nothingNew;
  const why = verdict === null ? "the object is not managed at present" : whyUnfit(o);
  return why === null ? nothingNew : refused(o, id, why);
}

/** The record keeps the request that made it; an answer to the one asked for now came after that one's. */
function isAnsweredSince(o: Observation, inRecord: string): boolean {
  const known = o.object.status?.switchover;
  if (known === undefined || !isAnswered(known)) return false;
  return known.requestId === inRecord || known.requestId === requestedId(o);
}

function isAnswered({ phase }: Switchover): boolean {
  return phase === "Done" || phase === "Refused";
}

function started(o: Observation, requestId: string): SwitchoverAnswer {
  const from = writerPod(o);
  if (from === null) return nothingNew;
  const to = otherPod(o, from);
  const message = `${from.name} lets ${to.name} have everything and hands over`;
  const text = `Switchover ${requestId} from ${from.name} to ${to.name} started`;
  return {
    switchover: { requestId, phase: "Running", message, from: from.name, to: to.name, at: at(o) },
    events: [{ type: "Normal", reason: "SwitchoverStarted", message: text }],
  };
}

/** The record is about this request: it is under way, done, or was taken back just now. */
function progress(o: Observation, verdict: Verdict | null, requestId: string): SwitchoverAnswer {
  const handover = plannedChange(o);
  const failover = o.record?.notes.failover ?? null;
  const { fromPod: from = "", toPod: to = "" } = handover ?? failover ?? {};
  const back = handover !== null && verdict?.write?.mode === "Solo" && verdict.write.from === 0;
  if (back) return refused(o, requestId, verdict.why.message, { from, to });
  if (failover !== null && servingPod(o)?.name === to && routed(o)) return done(o, requestId, { from, to });
  const known = o.object.status?.switchover;
  if (known?.requestId === requestId) return nothingNew;
  // The pass that began it could not report.
  const message = `${from} lets ${to} have everything and hands over`;
  return { switchover: { requestId, phase: "Running", message, from, to, at: at(o) }, events: [] };
}

function done(o: Observation, requestId: string, ends: Pick<Switchover, "from" | "to">): SwitchoverAnswer {
  const message = `${ends.to} is the active`;
  return {
    switchover: { requestId, phase: "Done", message, ...ends, at: at(o) },
    events: [{ type: "Normal", reason: "SwitchoverDone", message: `Switchover ${requestId}: ${message}` }],
  };
}

function refused(
  o: Observation,
  requestId: string,
  why: string,
  { from, to }: { from?: string | undefined; to?: string | undefined } = {},
): SwitchoverAnswer {
  const message = why.slice(0, MAX_MESSAGE);
  const ends = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return {
    switchover: { requestId, phase: "Refused", message, ...ends, at: at(o) },
    events: [
      { type: "Warning", reason: "SwitchoverRefused", message: `Switchover ${requestId} refused: ${why}` },
    ],
  };
}

function at(o: Observation): string {
  return new Date(o.nowMs).toISOString();
}
