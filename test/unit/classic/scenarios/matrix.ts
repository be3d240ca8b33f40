/**
 * Scenario T118: the world of (state of the object x what A is like x what S is like), each cell one decision. A is
 * sample-0, shown as the active, S is sample-1. docs/states.md has the same table.
 */
import type { HighLevelState, TimesTenClassicStatus } from "../../../../generated/types";
import type { AgentState, PermissionRecord } from "../../../../protocol";
import { decide } from "../../../../capabilities/classic/decide/decide";
import type { Decision } from "../../../../capabilities/classic/decision";
import type { ObservedPod } from "../../../../capabilities/classic/observation";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  observation,
  pod,
  promotion,
  record,
  silentPod,
  solo,
  type Ordinal,
  type StateChange,
} from "../fixtures";

export const answers = ["Healthy", "Down", "OtherDown", "Unknown", "Terminal", "CatchingUp"] as const;
export type Answer = (typeof answers)[number];

export interface World {
  /** Heading in docs/states.md. */
  name: string;
  state: HighLevelState;
  record: PermissionRecord;
  status?: TimesTenClassicStatus;
}

const pairOf5 = record();
const soloOf6 = solo({ n: 6, alt: 0 });

/** Each state with the record that usually goes with it. */
export const worlds: readonly World[] = [
  { name: "Initializing, Solo", state: "Initializing", record: solo({ n: 1 }) },
  { name: "Normal, Pair ready", state: "Normal", record: pairOf5 },
  { name: "ActiveDown, Pair ready", state: "ActiveDown", record: pairOf5 },
  { name: "ActiveDown, S named by a promotion", state: "ActiveDown", record: promotion() },
  { name: "ActiveTakeover, Solo", state: "ActiveTakeover", record: soloOf6 },
  { name: "StandbyDown, Solo", state: "StandbyDown", record: soloOf6 },
  { name: "StandbyStarting, Solo", state: "StandbyStarting", record: soloOf6 },
  {
    name: "StandbyCatchup, Pair not ready",
    state: "StandbyCatchup",
    record: record({ n: 6, ready: false }),
  },
  { name: "BothDown, Pair ready", state: "BothDown", record: pairOf5 },
  { name: "WaitingForActive, Solo", state: "WaitingForActive", record: soloOf6 },
  { name: "ConfiguringActive, Solo", state: "ConfiguringActive", record: soloOf6 },
  {
    name: "ManualInterventionRequired by our own rules, Pair ready",
    state: "ManualInterventionRequired",
    record: pairOf5,
  },
  {
    name: "ManualInterventionRequired by stopManaging, Pair ready",
    state: "ManualInterventionRequired",
    record: pairOf5,
    status: { managementStopped: "StopManaging" },
  },
  { name: "Reexamine, Pair ready", state: "Reexamine", record: pairOf5 },
  { name: "Failed (left by another operator), Pair ready", state: "Failed", record: pairOf5 },
];

/** @returns what that world decides when A and S are like that */
export function decideCell(world: World, a: Answer, s: Answer): Decision {
  const pods: [ObservedPod, ObservedPod] = [like(world.record, 0, a), like(world.record, 1, s)];
  const ended = ([a, s] as const).flatMap((answer, ordinal) =>
    answer === "Down" || answer === "Terminal"
      ? [{ podUID: UID[ordinal] ?? "", boot: BOOT[ordinal] ?? "" }]
      : [],
  );
  const { state, status = {} } = world;
  return decide(observation({ state, status, record: world.record, pods, over: ended }));
}

function like(of: PermissionRecord, ordinal: Ordinal, answer: Answer): ObservedPod {
  const { n, mode, writer } = of;
  const isWriter = writer.podUID === UID[ordinal];
  const asWriter: Partial<AgentState["permission"]> =
    mode === "Pair"
      ? { mode: "finite", soloed: n - 1, soloEnded: { n, mark: 3 } }
      : { mode: "endless", soloed: of.from > 0 ? 0 : n, soloEnded: null };
  const permission: Partial<AgentState["permission"]> = isWriter
    ? { obeyedN: n, ...asWriter }
    : { obeyedN: n, mode: "none", completeFor: mode === "Pair" && of.ready ? n : 0 };
  // A promotion under way: its target is still the complete standby of the Pair that is left.
  if (of.from > 0) Object.assign(permission, { mode: "none", completeFor: isWriter ? of.from : 0 });
  const told = (change: StateChange): ObservedPod =>
    pod(ordinal, { state: agentState(ordinal, { ...change, permission }) });
  switch (answer) {
    case "Healthy":
      return told({});
    case "OtherDown":
      return told({ timesten: { repPeerState: "failed" } });
    case "CatchingUp":
      return forLong(told({ timesten: { repState: "RECOVERING" } }));
    case "Unknown":
      return silentPod(ordinal, 2_000, { state: agentState(ordinal, { permission }) });
    case "Down":
      return deadActive(ordinal, { permission: { ...permission, completeFor: 0 } });
    case "Terminal":
      return deadActive(ordinal, {
        permission: { ...permission, completeFor: 0 },
        timesten: { instance: "Missing" },
      });
  }
}

/** Longer than pollingInterval: only then it is shown. */
function forLong(one: ObservedPod): ObservedPod {
  return { ...one, agent: { ...one.agent, repStateForMs: 6_000 } };
}

const short: Partial<Record<HighLevelState, string>> = {
  Initializing: "I",
  Normal: "N",
  ActiveDown: "AD",
  ActiveTakeover: "AT",
  StandbyDown: "SD",
  StandbyStarting: "SS",
  StandbyCatchup: "SC",
  BothDown: "BD",
  WaitingForActive: "WA",
  ConfiguringActive: "CA",
  ManualInterventionRequired: "M",
  Reexamine: "R",
  Failed: "F",
};

/** @returns a cell of the table: the state that follows, and the record that is written in that pass */
export function cell(d: Decision): string {
  const { recordWrite: write } = d;
  const state = short[d.state] ?? `?${d.state}`;
  return write === null ? state : `${state} ${write.value.ready ? "ready" : write.value.mode}`;
}

/** @returns the section of docs/states.md */
export function renderTables(): string {
  return worlds.map(renderTable).join("\n");
}

function renderTable(world: World): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = answers.map(a => [a, ...answers.map(s => cell(decideCell(world, a, s)))]);
  return [
    `### ${world.name}`,
    "",
    line(["A \\ S", ...answers]),
    `|${"---|".repeat(answers.length + 1)}`,
    ...rows.map(line),
    "",
  ].join("\n");
}
