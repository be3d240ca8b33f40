/**
 * Commands to agents, level-triggered: what is wanted now, given what was sent, what runs and what has ended. The id
 * of a command follows from what it is for, so a next leader meets the task that runs instead of starting another.
 */
import type { Command, Task } from "../../../protocol";
import type { AgentPod } from "../observation";
import { heard } from "./facts";

/** A command without what `ask` fills in. */
export type Wish =
  | {
      verb:
        | "startDaemon"
        | "createDatabase"
        | "dropScheme"
        | "runEpilog"
        | "loadDatabase"
        | "startRepAgent"
        | "stopRepAgent";
    }
  | { verb: "createScheme"; statement: string }
  | { verb: "duplicate"; fromHost: string };

export interface AskFor {
  wish: Wish;
  /** Record number it is based on. */
  n: number;
  /** Life of the database it is meant for; null where any will do. */
  boot: string | null;
  deadlineMs: number;
}

export type Answer =
  | { is: "send"; command: Command }
  /** The agent is at it, or at something else. */
  | { is: "running"; verb: string }
  /** Come back after so long. */
  | { is: "wait"; ms: number; error: string | null }
  /** Nobody there to be asked. */
  | { is: "away" };

/** A view of the database may be older than the end of a task by one look; so long it is believed, ms. */
const SETTLE_MS = 2_000;
/** A command that left no trace is sent again after this, ms. */
export const UNANSWERED_MS = 5_000;
/** Pause after a refusal, ms. */
const REFUSED_MS = 500;
/** Pause after the first failure, doubled with each up to the last, ms. */
const RETRY_MS = { first: 1_000, last: 30_000 };

/** @returns pause after the given number of failures in a row, ms */
export function retryPauseMs(failures: number): number {
  return Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** Math.min(Math.max(failures - 1, 0), 10));
}

/** @returns the part of an id that all attempts at one thing share */
export function idPrefix(podUID: string, n: number, boot: string | null, verb: string): string {
  return `${podUID}/${n}/${boot ?? "none"}/${verb}/`;
}

/** @returns the attempts at one thing that the agent lists, oldest first */
export function attempts(pod: AgentPod, prefix: string): Task[] {
  return (heard(pod)?.tasks ?? []).filter(task => task.id.startsWith(prefix));
}

/** @returns the task that runs in this agent now, if any */
export function runningTask(pod: AgentPod): Task | undefined {
  return heard(pod)?.tasks.find(task => task.status === "running");
}

/**
 * @returns what to do about the wish now: send it, or wait for what is under way
 */
export function ask(pod: AgentPod, { wish, n, boot, deadlineMs }: AskFor): Answer {
  if (heard(pod) === null || pod.uid === null) return { is: "away" };
  const busy = runningTask(pod);
  if (busy !== undefined) return { is: "running", verb: busy.verb };
  const prefix = idPrefix(pod.uid, n, boot, wish.verb);
  const done = attempts(pod, prefix);
  const last = done.at(-1);
  const pauseMs = last === undefined ? 0 : pauseAfter(pod, last, done.length);
  if (pauseMs > 0) return { is: "wait", ms: pauseMs, error: last?.error ?? null };
  const number = last === undefined ? 1 : attemptNumber(last.id) + 1;
  const id = `${prefix}${number}`;
  const waitMs = waitForAnswer(pod, id);
  if (waitMs > 0) return { is: "wait", ms: waitMs, error: null };
  return { is: "send", command: { type: "command", id, n, boot, deadlineMs, ...wish } };
}

function attemptNumber(id: string): number {
  const number = Number(id.slice(id.lastIndexOf("/") + 1));
  return Number.isInteger(number) ? number : 0;
}

function pauseAfter(pod: AgentPod, last: Task, count: number): number {
  const agoMs = pod.agent.endedAgoMs[last.id] ?? 0;
  const pauseMs =
    last.status === "failed" ? retryPauseMs(Math.max(count, attemptNumber(last.id))) : SETTLE_MS;
  return Math.max(0, pauseMs - agoMs);
}

function waitForAnswer(pod: AgentPod, id: string): number {
  const sent = pod.agent.sent.find(one => one.id === id);
  if (sent === undefined) return 0;
  return Math.max(0, (sent.accepted === false ? REFUSED_MS : UNANSWERED_MS) - sent.agoMs);
}
