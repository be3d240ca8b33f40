/** What the rules about the record come to. */
import type { PermissionRecord } from "../../../../protocol";
import type { Reason } from "../../decision";
import type { Handover } from "../../observation";
import type { Ground } from "./proofs";

/** How the pair stands as to who may write; the states of the object follow from it (ha/states.ts). */
export type Situation =
  /** No record yet, or none that fits: the active is being chosen and made. */
  | "founding"
  /** The writer serves; how far the standby is does not matter here. */
  | "serving"
  /** Pair ready and in order. */
  | "redundant"
  /** The writer is silent, not for long: nothing changes. */
  | "patience"
  /** The writer is gone or silent, and the standby is the one to go on. */
  | "failingOver"
  /** Nobody serves; it is known or soon known which disk goes on, its pod is awaited. */
  | "waiting"
  /** The database that goes on is there and is being loaded or opened. */
  | "configuring"
  /** Nobody can decide safely without a fact that does not come by itself. */
  | "stuck";

export interface Verdict {
  situation: Situation;
  why: Reason;
  /** The next record, where one is due; already checked against the table of allowed writes. */
  write: PermissionRecord | null;
  /** The ground on which a promotion is decided. */
  proof: Ground | null;
  /** The planned change of roles that a write of Closed begins. */
  handover?: Pick<Handover, "kind" | "requestId">;
}

/** One rule: looks at an observation and either has a verdict or leaves it to the next. */
export interface Rule<Input> {
  name: string;
  /** Why it stands at this place of the list. */
  because: string;
  decide: (input: Input) => Verdict | null;
}

/** @returns a verdict that changes nothing */
export function standing(situation: Situation, reason: Reason["reason"], message: string): Verdict {
  return { situation, why: { reason, message }, write: null, proof: null };
}

/** @returns the first verdict of the list, with the rule's name for the journal; null when no rule has one */
export function firstVerdict<Input>(
  rules: readonly Rule<Input>[],
  input: Input,
): { rule: string; verdict: Verdict } | null {
  for (const rule of rules) {
    const verdict = rule.decide(input);
    if (verdict !== null) return { rule: rule.name, verdict };
  }
  return null;
}
