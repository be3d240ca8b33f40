/**
 * What seeded mistakes are made of. Each replaces one decision of the product, or one thing an agent's shell does, and the search must
 * catch it. The first seventeen are those of the protocol's own model; docs/model.md lists all of them.
 */
import type { Situation } from "../../../agent/core/permission";
import { transitions, type Transition } from "../../../capabilities/classic/decide/fence/transitions";
import type { Observation, ObservedPod } from "../../../capabilities/classic/observation";
import type { AgentState, PermissionRecord } from "../../../protocol";
import { bounds } from "./bounds";
import type { Code, Shell } from "./code";
import type { Bounds } from "./world";

export interface Mutation {
  name: string;
  /** One of the protocol's own model. */
  listed: boolean;
  /** The smallest world in which it shows. */
  bounds: Bounds;
  change: (code: Code) => Code;
}

type Row = (o: Observation, from: PermissionRecord | null, to: PermissionRecord) => string | null;

/** Another thing that the agent's shell does. */
export const shellOf =
  (change: Partial<Shell>) =>
  (code: Code): Code => ({ ...code, shell: { ...code.shell, ...change } });

/** The agents' rules, asked about another situation than there is. */
export const seeing =
  (change: (s: Situation) => Partial<Situation>) =>
  (code: Code): Code => ({
    ...code,
    nextStep: s => code.nextStep({ ...s, ...change(s) }),
  });

function rowOf(name: string): Transition {
  const row = transitions.find(one => one.name === name);
  if (row === undefined) throw new Error(`the table has no row "${name}"`);
  return row;
}

/** A row of the table with other facts: it allows what the row allows, and what `instead` does. */
const row =
  (name: string, instead: Row) =>
  (code: Code): Code => ({
    ...code,
    whyNotAllowed: (o, to) => {
      const from = o.record?.value ?? null;
      const why = code.whyNotAllowed(o, to);
      if (why === null || !rowOf(name).form(from, to)) return why;
      return instead(o, from, to);
    },
  });

/** The row, asked about another observation than there is. */
export const rowSeeing = (name: string, change: (o: Observation, from: PermissionRecord) => Observation) =>
  row(name, (o, from, to) => (from === null ? "a record" : rowOf(name).missing(change(o, from), from, to)));

/** Another view of each pod. */
export const withPods = (o: Observation, change: (pod: ObservedPod) => ObservedPod): Observation => ({
  ...o,
  pods: [change(o.pods[0]), change(o.pods[1])],
});

export function withState(pod: ObservedPod, change: (state: AgentState) => Partial<AgentState>): ObservedPod {
  const { state } = pod.agent;
  return state === null ? pod : { ...pod, agent: { ...pod.agent, state: { ...state, ...change(state) } } };
}

export const withPermission = (pod: ObservedPod, change: Partial<AgentState["permission"]>): ObservedPod =>
  withState(pod, state => ({ permission: { ...state.permission, ...change } }));

/** As if that life were known to be over. */
export function withEnd(o: Observation, record: PermissionRecord): Observation {
  const { podUID, boot } = record.writer;
  const end = {
    podUID,
    boot,
    containerID: null,
    endedAtMs: null,
    source: "agent" as const,
    heardAtMs: 0,
    by: "nobody",
  };
  const deaf = withPods(o, pod =>
    pod.agent.state?.boot === boot ? { ...pod, agent: { ...pod.agent, connected: false } } : pod,
  );
  return { ...deaf, ends: [...o.ends, end] };
}

/** As if nothing but equal marks were known of both copies. */
export const sameMarks = (o: Observation): Observation =>
  withPods(o, pod =>
    withPermission(
      withState(pod, state => ({ timesten: { ...state.timesten, dbId: 1 } })),
      { completeFor: 0, left: 0, diskCompleteFor: 0 },
    ),
  );

/** Worlds that several need. */
export const three = bounds({ name: "3 records" });
export const quiet = bounds({ name: "4 records", maxN: 4 });
export const crash = bounds({ name: "3 records, 1 crash", crashes: 1 });
export const crash4 = bounds({ name: "4 records, 1 crash", maxN: 4, crashes: 1 });
export const restart = bounds({ name: "3 records, 1 agent restart", restarts: 1 });
export const leave = bounds({ name: "3 records, 1 leave", leaves: 1 });
export const planned = bounds({
  name: "3 records, planned, asynchronous",
  async: true,
  planned: true,
  leaves: 1,
  maxBoot: 4,
});

export const alwaysWaited = seeing(() => ({ waitOver: true }));
/** As if the writer's word had come, whatever its mark. */
export const wordless = (s: Situation): Partial<Situation> =>
  s.record?.mode === "Pair" ? { evidence: { ...s.evidence, soloEnded: { n: s.record.n, mark: 0 } } } : {};

/** Several changes at once. */
export const both =
  (...changes: ((code: Code) => Code)[]) =>
  (code: Code): Code =>
    changes.reduce((now, change) => change(now), code);
