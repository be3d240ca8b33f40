/** The operator's commands: taken up or refused at once, carried out one at a time, seen in the state as tasks. */
import type { Command, Task } from "../../protocol";
import type { Clock, Log, OperatorLink, TimesTen } from "../ports";
import { carryOut, whyRefused, type CommandContext } from "./commands";
import { attempt, withDeadline } from "./deadline";
import { TaskList } from "./tasks";
import type { DatabaseLife } from "./life";

/** How long starting or stopping the daemon, or destroying the copy, may take, ms. */
const DAEMON_DEADLINE_MS = 10_000;

export interface OrdersOptions {
  clock: Clock;
  log: Log;
  timesten: TimesTen;
  life: DatabaseLife;
  /** @returns what a command is checked against; null while the agent is starting */
  context: () => CommandContext | null;
  /** A task began or ended. */
  onChange: () => void;
  /** Look at the database before the end of a task is told. */
  lookAfresh: () => Promise<void>;
}

export class Orders {
  readonly #o: OrdersOptions;
  readonly #tasks = new TaskList();

  constructor(options: OrdersOptions) {
    this.#o = options;
  }

  /** @returns the tasks for the state */
  list(): Task[] {
    return this.#tasks.list();
  }

  busy(): boolean {
    return this.#tasks.running() !== undefined;
  }

  take(link: OperatorLink, command: Command): void {
    const known = this.#tasks.find(command.id) !== undefined;
    const reason = known ? null : this.#whyNot(command);
    link.send({ type: "answer", id: command.id, accepted: reason === null, reason });
    if (known || reason !== null) return;
    this.#tasks.begin(command, this.#o.clock.nowMs());
    this.#o.onChange();
    void this.#run(command);
  }

  #whyNot(command: Command): string | null {
    const context = this.#o.context();
    if (context === null) return "this agent is starting";
    const busy = this.#tasks.running();
    return busy === undefined ? whyRefused(command, context) : `busy with ${busy.verb}`;
  }

  async #run(command: Command): Promise<void> {
    const { clock, timesten, log } = this.#o;
    let error: string | null = null;
    try {
      // Other commits come in from here on, or another copy: what the former life had says nothing about it.
      if (command.verb === "duplicate" || command.verb === "startRepAgent") await this.#o.life.forgetCopy();
      if (command.verb === "duplicate") await this.#destroyOwnCopy();
      await withDeadline(clock, command.deadlineMs, signal => carryOut(command, timesten, signal));
      // It is no former standby any more: it can become the active.
      if (command.verb === "dropScheme") await this.#o.life.forgetCopy();
      log.info("command done", { verb: command.verb, id: command.id });
    } catch (failure) {
      error = failure instanceof Error ? failure.message : String(failure);
      log.warn("command failed", { verb: command.verb, id: command.id, error });
    }
    await this.#o.lookAfresh();
    this.#tasks.end(command.id, error, clock.nowMs());
    this.#o.onChange();
  }

  /** The copy that a duplicate replaces: the record said, a moment ago, that another database has the data. */
  async #destroyOwnCopy(): Promise<void> {
    const { clock, timesten, life } = this.#o;
    const destroy = (signal: AbortSignal) => timesten.destroyDatabase(signal);
    // What is not done in time is done by the duplicate, which has longer.
    if (life.boot === null) await attempt(this.#o, "destroy the copy", destroy, DAEMON_DEADLINE_MS);
    else {
      await life.end("destroyed", () => withDeadline(clock, DAEMON_DEADLINE_MS, destroy));
      const start = (signal: AbortSignal) => timesten.startDaemon(signal);
      await attempt(this.#o, "start the daemon", start, DAEMON_DEADLINE_MS);
    }
    // That there is no database now is told before the copy begins.
    await this.#o.lookAfresh();
  }
}
