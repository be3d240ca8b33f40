/** Further mistakes in the decisions of agents, guard and operator. */
import { bounds } from "./bounds";
import type { Code } from "./code";
import {
  shellOf,
  seeing,
  rowSeeing,
  withPods,
  withState,
  withPermission,
  withEnd,
  sameMarks,
  three,
  quiet,
  crash,
  crash4,
  leave,
  alwaysWaited,
  both,
  type Mutation,
} from "./mutation";

const left = { crashes: 1, leaves: 1, maxBoot: 4, brisk: true };

export const own: Omit<Mutation, "listed">[] = [
  {
    name: "timing: W covers no difference of the clocks",
    bounds: three,
    change: code => ({
      ...code,
      timing: leaseMs => {
        const timing = code.timing(leaseMs);
        return { ...timing, waitMs: timing.leaseMs + timing.guardMs };
      },
    }),
  },
  {
    name: "agent: complete before the writer's mark has arrived",
    bounds: quiet,
    change: seeing(s => ({ view: { ...s.view, dbId: 99 } })),
  },
  {
    name: "proof fenced: under any record",
    bounds: three,
    change: code => ({ ...code, fencedProof: pod => code.fencedProof(pod, 0) }),
  },
  {
    name: "row the same life goes on after Closed: alt not kept",
    bounds: crash4,
    change: code => ({
      ...code,
      whyNotAllowed: (o, to) => {
        const from = o.record?.value;
        const again =
          from?.mode === "Closed" &&
          from.from > 0 &&
          to.mode === "Solo" &&
          to.from === 0 &&
          to.writer.boot === from.writer.boot;
        return again && to.alt === 0
          ? code.whyNotAllowed(o, { ...to, alt: from.from })
          : code.whyNotAllowed(o, to);
      },
    }),
  },
  {
    name: "agent: promoted without being complete",
    bounds: crash4,
    change: both(
      seeing(s =>
        s.record?.mode === "Solo" && s.record.from > 0
          ? { complete: s.complete ?? { n: s.record.from, writer: s.record.writer } }
          : {},
      ),
      rowSeeing("promotion", (o, from) => withPods(o, pod => withPermission(pod, { completeFor: from.n }))),
    ),
  },
  {
    name: "agent: endless before it is noted on disk",
    bounds: crash,
    change: code => ({
      ...code,
      nextStep: s => {
        const step = code.nextStep(s);
        if (step?.do !== "noteSoloed" || s.permit.mode === "endless") return step;
        return { do: "permit", n: step.n };
      },
    }),
  },
  { name: "agent: goes alone before its log is durable", bounds: crash, change: shellOf({ flushes: false }) },
  {
    name: "agent: endless stays after the first grant of a Pair",
    bounds: quiet,
    change: code => ({ ...code, asksForGrants: () => false, nextStep: withEndlessPair(code) }),
  },
  {
    name: "agent: an older record is obeyed",
    bounds: three,
    change: shellOf({ obeys: (n, obeyed) => n !== obeyed }),
  },
  {
    name: "agent: a grant is noted after it was sent",
    bounds: three,
    change: shellOf({ notesGrant: () => false }),
  },
  {
    name: "agent: record revokes nothing until the agent has closed",
    bounds: three,
    change: shellOf({ revokes: false, guardActs: false }),
  },
  {
    name: "guard: does not act at the end of a permission",
    bounds: three,
    change: shellOf({ guardActs: false }),
  },
  {
    name: "agent: the word of a standby that left counts for any Pair",
    bounds: leave,
    change: shellOf({ takesSolo: (_n, now) => now.isPairWriter }),
  },
  {
    name: "agent: a proof about another life is taken",
    bounds: crash,
    change: seeing(s => ({
      evidence: {
        ...s.evidence,
        proofs: s.evidence.proofs.map(proof => ({ ...proof, ...s.complete?.writer })),
      },
    })),
  },
  {
    name: "row the writer goes on alone: alt not kept",
    bounds: crash,
    change: code => ({
      ...code,
      whyNotAllowed: (o, to) => {
        const from = o.record?.value;
        const alone =
          from?.mode === "Pair" &&
          from.ready &&
          to.mode === "Solo" &&
          to.from === 0 &&
          to.writer.boot === from.writer.boot;
        return alone && to.alt === 0
          ? code.whyNotAllowed(o, { ...to, alt: from.n })
          : code.whyNotAllowed(o, to);
      },
    }),
  },
  {
    name: "row the writer's disk goes on: a proof about the old life not asked",
    bounds: bounds({ name: "3 records, force-delete", forced: 1 }),
    change: rowSeeing("the writer's disk goes on", withEnd),
  },
  {
    name: "row the writer's disk goes on: the complete standby not asked",
    bounds: crash,
    change: rowSeeing("the writer's disk goes on", sameMarks),
  },
  {
    name: "row the writer's disk goes on after Closed: the complete standby not asked",
    bounds: crash,
    change: rowSeeing("the writer's disk goes on after Closed", sameMarks),
  },
  {
    name: "row promotion after an unheard Solo: the writer's disk not asked",
    bounds: crash,
    change: rowSeeing("promotion after an unheard Solo", (o, from) =>
      withPods(o, pod => (pod.uid === from.writer.podUID ? withPermission(pod, { soloed: 0 }) : pod)),
    ),
  },
  {
    name: "row promotion after an unheard Solo: a proof about the writer not asked",
    bounds: three,
    change: both(
      rowSeeing("promotion after an unheard Solo", (o, from) => {
        const deaf = withEnd(o, from);
        return withPods({ ...deaf, pods: o.pods }, pod =>
          pod.uid === from.writer.podUID
            ? withState(pod, state => ({ boot: "boot-6", permission: { ...state.permission, soloed: 0 } }))
            : pod,
        );
      }),
      alwaysWaited,
    ),
  },
  {
    name: "agent: what left with everything counts although it was killed",
    bounds: bounds({ ...left, name: "3 records, 2 crashes, 1 leave, brisk", crashes: 2 }),
    change: shellOf({ wholeEndsInOrder: false }),
  },
  {
    name: "agent: what left with everything counts although it took in more since",
    bounds: bounds({
      ...left,
      name: "4 records, 2 crashes, 1 leave, brisk",
      maxN: 4,
      crashes: 2,
      maxBoot: 5,
    }),
    change: shellOf({ forgetsWhole: false }),
  },
  {
    name: "row the standby's disk goes on: the old writer had gone on alone",
    bounds: bounds({ ...left, name: "3 records, 1 crash, 1 leave, brisk" }),
    change: rowSeeing("the standby's disk goes on", (o, from) =>
      withPods(o, pod => (pod.uid === from.writer.podUID ? withPermission(pod, { soloed: 0 }) : pod)),
    ),
  },
  {
    name: "row the standby's disk goes on: a proof about the old writer not asked",
    bounds: bounds({ ...left, name: "3 records, 1 force-delete, 1 leave, brisk", crashes: 0, forced: 1 }),
    change: rowSeeing("the standby's disk goes on", withEnd),
  },
  {
    name: "row the standby's disk goes on: after a promotion that was given up the old writer not asked",
    bounds: bounds({ ...left, name: "4 records, 1 leave, brisk", maxN: 4, crashes: 0 }),
    change: rowSeeing("the standby's disk goes on", (o, from) =>
      withPods(o, pod =>
        pod.uid === from.writer.podUID
          ? pod
          : withPermission(pod, { obeyedN: from.n, closed: true, soloed: 0 }),
      ),
    ),
  },
  {
    name: "row the writer's disk goes on after Closed: what the standby left with not asked",
    bounds: bounds({ ...left, name: "3 records, 1 crash, 1 leave, brisk" }),
    change: rowSeeing("the writer's disk goes on after Closed", sameMarks),
  },
];

function withEndlessPair(code: Code): Code["nextStep"] {
  return s =>
    code.nextStep(
      s.record?.mode === "Pair" && s.permit.mode === "endless"
        ? { ...s, permit: { mode: "finite", n: s.record.n } }
        : s,
    );
}
