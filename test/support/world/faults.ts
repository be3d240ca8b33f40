/**
 * What goes wrong in a run, all by seed: the API, its watches, the sessions, the utilities. Switched on for a while
 * and off again; calm it only takes time.
 */
import { KubeError } from "../../../capabilities/runtime/ports";
import type { SessionFaults } from "./cluster/network";
import {
  calmFaults,
  type Call,
  type CallFate,
  type EventFate,
  type KubeFaults,
  type OpenWatch,
} from "./kube/client";
import type { SeededRandom } from "./random";
import { calmTimesTen, type Operation, type OperationFate, type TimesTenFaults } from "./timesten";

/** Probabilities; 0 everywhere is a calm world. */
export interface Intensity {
  /** One API call is refused, times out with or without effect, or meets a conflict. */
  call: number;
  /** One watch event comes late (up to two seconds). */
  lateEvent: number;
  lostEvent: number;
  doubleEvent: number;
  /** One list is served from the past. */
  oldList: number;
  /** One utility fails. */
  utilityFails: number;
  /** One utility hangs. */
  utilityHangs: number;
  /** One utility takes many times as long. */
  utilitySlow: number;
  /** One session frame is late. */
  lateFrame: number;
}

export const calm: Intensity = {
  call: 0,
  lateEvent: 0,
  lostEvent: 0,
  doubleEvent: 0,
  oldList: 0,
  utilityFails: 0,
  utilityHangs: 0,
  utilitySlow: 0,
  lateFrame: 0,
};

/** @returns what this seed's run suffers from: each kind of fault in about half of the runs */
export function drawIntensity(random: SeededRandom): Intensity {
  const some = (most: number): number => (random.chance(0.5) ? random.between(0, most) : 0);
  return {
    call: some(0.15),
    lateEvent: some(0.3),
    lostEvent: some(0.05),
    doubleEvent: some(0.2),
    oldList: some(0.3),
    utilityFails: some(0.1),
    utilityHangs: some(0.02),
    utilitySlow: some(0.2),
    lateFrame: some(0.1),
  };
}

const outcomes: CallFate["outcome"][] = [
  "refused",
  "conflict",
  "throttled",
  "error",
  "requestLost",
  "answerLost",
];

function isWrite({ verb }: Call): boolean {
  return verb !== "get" && verb !== "list" && verb !== "watch";
}

/** One run's faults. */
export class WorldFaults implements KubeFaults, TimesTenFaults, SessionFaults {
  /** Utilities that hung without end. */
  hangs = 0;
  private intensity: Intensity = calm;
  private nthWrite: { left: number; outcome: CallFate["outcome"] } | null = null;
  private readonly watches = new Set<OpenWatch>();
  private readonly calmApi: KubeFaults;
  private readonly calmDriver: TimesTenFaults;
  private readonly api: SeededRandom;
  private readonly events: SeededRandom;
  private readonly driver: SeededRandom;
  private readonly sessions: SeededRandom;

  /** @param pace of everything that takes time on a node: 1 is a machine of today, less is faster */
  constructor(
    random: SeededRandom,
    private readonly pace = 1,
  ) {
    this.api = random.fork("api");
    this.events = random.fork("events");
    this.driver = random.fork("driver");
    this.sessions = random.fork("sessions");
    this.calmApi = calmFaults(this.api);
    this.calmDriver = calmTimesTen(this.driver);
  }

  set(intensity: Intensity): void {
    this.intensity = intensity;
  }

  /** From now on: the write of that number meets this. Leader leases do not count. */
  failWrite(index: number, outcome: CallFate["outcome"]): void {
    this.nthWrite = { left: index, outcome };
  }

  call(call: Call): CallFate {
    const fate = this.calmApi.call(call);
    const nth = this.nthWrite;
    if (nth !== null && isWrite(call) && call.client !== call.name && nth.left-- === 0) {
      this.nthWrite = null;
      return { ...fate, outcome: nth.outcome };
    }
    if (!this.api.chance(this.intensity.call)) return fate;
    const writes = isWrite(call);
    const outcome = this.api.pick(outcomes);
    // Only a write can meet a conflict or take effect unnoticed.
    if (!writes && (outcome === "conflict" || outcome === "answerLost"))
      return { ...fate, answerMs: fate.answerMs + 500 };
    return { ...fate, outcome };
  }

  event(): EventFate {
    const { lateEvent, lostEvent, doubleEvent } = this.intensity;
    const delayMs = this.events.chance(lateEvent)
      ? this.events.between(50, 2_000)
      : this.events.between(1, 8);
    if (this.events.chance(lostEvent)) return { delayMs, copies: 0 };
    return { delayMs, copies: this.events.chance(doubleEvent) ? 2 : 1 };
  }

  listAge(): number {
    return this.api.chance(this.intensity.oldList) ? this.api.index(60) : 0;
  }

  opened(watch: OpenWatch): void {
    this.watches.add(watch);
  }

  operation(pod: string, operation: Operation): OperationFate {
    const typical = this.calmDriver.operation(pod, operation);
    const looks = operation === "observe" || operation === "processes";
    const fate = looks || typical.kind === "hang" ? typical : { ...typical, ms: typical.ms * this.pace };
    const { utilityFails, utilityHangs, utilitySlow } = this.intensity;
    // Killing and looking at /proc need no utility.
    if (fate.kind !== "done" || operation === "killProcesses" || operation === "processes") return fate;
    if (this.driver.chance(utilityHangs)) return this.hang();
    if (this.driver.chance(utilityFails) && operation !== "observe") return { kind: "fail", ms: fate.ms };
    return this.driver.chance(utilitySlow) ? { kind: "done", ms: fate.ms * this.driver.between(2, 8) } : fate;
  }

  /** For a while, then it fails; or until somebody kills it. */
  private hang(): OperationFate {
    // A utility without end costs minutes of the run, until its command is given up.
    if (this.pace < 1 || this.driver.chance(0.7))
      return { kind: "fail", ms: this.driver.between(3_000, 60_000) };
    this.hangs++;
    return { kind: "hang" };
  }

  hopMs(): number {
    const late = this.sessions.chance(this.intensity.lateFrame);
    return late ? this.sessions.between(50, 1_500) : this.sessions.between(0.2, 3);
  }

  /** Freezes the open watches of one kind, or of all; new ones are not affected. @returns what thaws them */
  freezeWatches(kind?: string): () => void {
    const frozen = [...this.watches].filter(watch => kind === undefined || watch.kind === kind);
    for (const watch of frozen) watch.hold();
    return () => {
      for (const watch of frozen) watch.release();
    };
  }

  /** The API server restarts: every watch ends; with `expired` the versions are too old to go on from. */
  endWatches(expired: boolean): void {
    for (const watch of [...this.watches]) {
      this.watches.delete(watch);
      watch.end(expired ? new KubeError(410, "Expired", "too old resource version") : null);
    }
  }
}
