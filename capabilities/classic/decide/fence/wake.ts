/** When the rules about the record would say something else although nothing is heard: the pass comes back then. */
import { timingFor } from "../../../../protocol";
import { heard, otherPod, waitedOut, writerPod } from "../facts";
import type { Observation } from "../../observation";
import { handoverLeftMs, unheardMs } from "./handover";
import { bearApartMs } from "./standbyLoss";

/** @returns after how long to look again at the latest, ms; Infinity where time alone changes nothing */
export function fenceWakeMs(o: Observation): number {
  const writer = writerPod(o);
  const unheard = writer === null ? 0 : unheardMs(o, otherPod(o, writer));
  const leftMs = [handoverLeftMs(o), unheard, silenceLeftMs(o), apartLeftMs(o)].filter(ms => ms > 0);
  return Math.min(Infinity, ...leftMs);
}

/** Until a silent writer may be replaced on *waited*. */
function silenceLeftMs(o: Observation): number {
  const record = o.record?.value;
  const writer = writerPod(o);
  if (record === undefined || writer === null || record.mode === "Solo") return 0;
  const p = record.mode === "Pair" ? record.n : record.from;
  if (!waitedOut(otherPod(o, writer), p)) return 0;
  return o.settings.writerSilenceMs - o.writerSeen.silentForMs;
}

/** Until a writer whose agent does not hear its standby's is told to go on alone. */
function apartLeftMs(o: Observation): number {
  const record = o.record?.value;
  const writer = o.pods.find(pod => pod.uid === record?.writer.podUID);
  const state = writer === undefined ? null : heard(writer);
  if (record?.mode !== "Pair" || writer === undefined || state?.boot !== record.writer.boot) return 0;
  if (state.permission.mode === "none") return timingFor(record.leaseMs).heartbeatMs;
  const needsGrants = state.permission.mode === "finite";
  return needsGrants && !state.peer.connected ? bearApartMs(record) - writer.agent.peerApartForMs : 0;
}
