/**
 * The lives of this pod's database (boots) and the agent's durable memory. A boot is named when a loaded database
 * is first seen and is over only when every process that could write is gone.
 */
import { endedInOrder, type EndedBoot } from "../../protocol";
import type { Complete } from "./permission";
import type { AgentMemory, Clock, Disk, Log, TimesTen } from "../ports";

/** How many former boots are remembered. */
const ENDED_BOOTS = 4;

const emptyMemory: AgentMemory = {
  obeyed: null,
  soloed: 0,
  left: 0,
  boot: null,
  complete: null,
  diskComplete: null,
  drained: 0,
  alone: 0,
  endedBoots: [],
  closedByPerson: null,
};

export interface LifeOptions {
  clock: Clock;
  disk: Disk;
  timesten: TimesTen;
  log: Log;
  newBootId: () => string;
  self: { podUID: string };
  /** A life began or ended: what was known about the former one is void. */
  onChange: (boot: string | null) => void;
}

/** Durable memory and the present boot. */
export class DatabaseLife {
  readonly #o: LifeOptions;
  #memory: AgentMemory = emptyMemory;
  #saving: Promise<void> = Promise.resolve();
  #unwatch: () => void = () => undefined;

  constructor(options: LifeOptions) {
    this.#o = options;
  }

  get memory(): AgentMemory {
    return this.#memory;
  }

  get boot(): string | null {
    return this.#memory.boot?.id ?? null;
  }

  /** What the present life has everything of; outlives the agent, never the life (rules A7, A9). */
  get complete(): Complete | null {
    const { complete } = this.#memory;
    if (complete === null || complete.boot !== this.boot) return null;
    return { n: complete.n, writer: complete.writer };
  }

  /** n of the Pair of which this disk has everything, as a standby's; 0: of none, or it was the active since. */
  get diskCompleteFor(): number {
    const { diskComplete, soloed } = this.#memory;
    return diskComplete !== null && diskComplete.n > soloed ? diskComplete.n : 0;
  }

  /**
   * Reads the memory. The same processes mean the same life; anything else is over (rule A9).
   * @returns whether a life of a former agent process goes on
   * @throws when the memory is there but unreadable
   */
  async restore(): Promise<boolean> {
    this.#memory = (await this.#o.disk.load()) ?? emptyMemory;
    const before = this.#memory.boot;
    if (before === null) return false;
    const processes = await this.#o.timesten.processes();
    const mine = before.podUID === "" || before.podUID === this.#o.self.podUID;
    if (mine && processes === before.processes) {
      this.#watch(before.id, processes);
      return true;
    }
    if (processes !== null) await this.#o.timesten.killProcesses();
    await this.#noteEnd(before.id, "container restarted", this.#o.clock.nowMs());
    return false;
  }

  /** Changes the memory: durable when it resolves; changes never overtake each other. */
  remember(patch: Partial<AgentMemory>): Promise<void> {
    const saved = this.#saving.then(async () => {
      await this.#o.disk.save({ ...this.#memory, ...patch });
      this.#memory = { ...this.#memory, ...patch };
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** `ready` of the record in force: worth knowing, not worth a write. */
  noteReady(): void {
    const { obeyed } = this.#memory;
    if (obeyed !== null) this.#memory = { ...this.#memory, obeyed: { ...obeyed, ready: true } };
  }

  /** On disk when it resolves: an agent that starts again must not have forgotten what it said. */
  async noteComplete(complete: Complete): Promise<void> {
    const { boot } = this;
    if (boot !== null) await this.remember({ complete: { ...complete, boot } });
  }

  /** A8: this standby leaves Pair n, and is complete for nothing any more. */
  async noteLeft(n: number): Promise<void> {
    const { boot, complete } = this;
    const whole = boot !== null && complete?.n === n;
    const diskComplete = whole ? { n, boot, secured: false } : null;
    await this.remember({ left: n, complete: null, diskComplete });
  }

  /** Its replication has ended and its log is durable: this copy keeps what it has, however its life ends. */
  async noteSecured(): Promise<void> {
    const { diskComplete } = this.#memory;
    if (diskComplete !== null && diskComplete.boot === this.boot)
      await this.remember({ diskComplete: { ...diskComplete, secured: true } });
  }

  /** The copy on this disk is about to be another one, or to take in more. */
  async forgetCopy(): Promise<void> {
    if (this.#memory.diskComplete !== null) await this.remember({ diskComplete: null });
  }

  /** A loaded database without a name gets one. */
  async begin(): Promise<void> {
    if (this.#memory.boot !== null) return;
    const processes = await this.#o.timesten.processes();
    if (processes === null || this.#memory.boot !== null) return;
    const id = this.#o.newBootId();
    await this.remember({ boot: { id, processes, podUID: this.#o.self.podUID } });
    this.#o.log.info("database loaded", { boot: id });
    this.#o.onChange(id);
    this.#watch(id, processes);
  }

  /**
   * Ends the present life, if there is one, and says that it is over: only when no process is left that could write.
   * @param gently tries it in the ordinary way first (bounded by the caller); what then is left is killed
   */
  async end(how: EndedBoot["how"], gently?: () => Promise<void>): Promise<void> {
    const boot = this.boot;
    if (boot === null) return;
    const endedAtMs = this.#o.clock.nowMs();
    this.#unwatch();
    const inOrder = await this.#endedGently(gently);
    if (!inOrder) await this.#o.timesten.killProcesses();
    // What had to be killed may lack its last commits, whatever was intended.
    const killed = gently !== undefined && !inOrder && how !== "destroyed";
    if (this.boot === boot) await this.#noteEnd(boot, killed ? "daemon died" : how, endedAtMs);
  }

  async #endedGently(gently: (() => Promise<void>) | undefined): Promise<boolean> {
    if (gently === undefined) return false;
    try {
      await gently();
      return (await this.#o.timesten.processes()) === null;
    } catch (error) {
      this.#o.log.warn("the database did not end by itself, killing it", { error: String(error) });
      return false;
    }
  }

  #watch(boot: string, processes: string): void {
    this.#unwatch = this.#o.timesten.watchProcesses(processes, () => {
      if (this.boot !== boot) return;
      this.#o.log.warn("the database's processes died", { boot });
      this.end("daemon died").catch((error: unknown) =>
        this.#o.log.error("the end of the database could not be recorded", { error: String(error) }),
      );
    });
  }

  async #noteEnd(boot: string, how: EndedBoot["how"], endedAtMs: number): Promise<void> {
    const ended: EndedBoot = { boot, endedAtMs, how, podUID: this.#memory.boot?.podUID ?? "" };
    await this.remember({
      boot: null,
      diskComplete: this.#diskCompleteAfter(boot, how),
      endedBoots: [ended, ...this.#memory.endedBoots].slice(0, ENDED_BOOTS),
    });
    this.#o.onChange(null);
  }

  /** What was complete and ended in order has everything on disk; a later life that only read it changes nothing. */
  #diskCompleteAfter(boot: string, how: EndedBoot["how"]): AgentMemory["diskComplete"] {
    const { diskComplete, soloed } = this.#memory;
    const { complete } = this;
    if (!endedInOrder({ how }))
      return diskComplete?.boot === boot && !diskComplete.secured ? null : diskComplete;
    // What was promoted since is no standby's copy any more.
    const isStandbys = complete !== null && soloed < complete.n;
    return isStandbys ? { n: complete.n, boot, secured: true } : diskComplete;
  }
}
