/**
 * What happens to the record: the rules of the mode in force, in their order, and the last gate. A rule may only
 * propose; what no row of the table allows is not written, and says so.
 */
import { lifeOf, otherPod, writerPod } from "../facts";
import type { Observation } from "../../observation";
import { closedRules } from "./closed";
import { foundingRules } from "./found";
import { pairRules, type InForce } from "./pair";
import { soloRules } from "./solo";
import { isBehind, whyNotAllowed } from "./transitions";
import { firstVerdict, standing, type Verdict } from "./verdict";

/**
 * @returns the verdict and the name of the rule it comes from
 */
export function decideRecord(o: Observation): { rule: string; verdict: Verdict } {
  const found = applyRules(o);
  const { write } = found.verdict;
  if (write === null) return found;
  const fault = whyNotAllowed(o, write);
  if (fault === null) return found;
  const message = `${found.verdict.why.message}; not written: ${fault}`;
  return { rule: found.rule, verdict: standing("stuck", "MissingFact", message) };
}

function applyRules(o: Observation): { rule: string; verdict: Verdict } {
  if (o.recordFault !== null) {
    return { rule: "unusable record", verdict: standing("stuck", "RecordUnusable", o.recordFault) };
  }
  if (o.record === null || isBehind(o)) return firstVerdict(foundingRules, o) ?? nothing("founding");
  const input = inForce(o);
  if (input === null) {
    const message = `record ${o.record.value.n} names a Pod that is none of this pair`;
    return { rule: "unknown writer", verdict: standing("stuck", "RecordUnusable", message) };
  }
  const rules = { Pair: pairRules, Solo: soloRules, Closed: closedRules }[input.record.mode];
  return firstVerdict(rules, input) ?? nothing(input.record.mode);
}

function inForce(o: Observation): InForce | null {
  const writer = writerPod(o);
  if (o.record === null || writer === null) return null;
  const record = o.record.value;
  return { o, record, writer, peer: otherPod(o, writer), life: lifeOf(o, record.writer) };
}

function nothing(mode: string): { rule: string; verdict: Verdict } {
  return { rule: "none", verdict: standing("stuck", "MissingFact", `no rule of ${mode} has a verdict`) };
}
