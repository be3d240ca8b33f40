/** Commands as tasks: each id is carried out once, long ones are seen in the state until the next ones push them out. */
import type { Command, Task } from "../../protocol";

const KEPT = 8;

/** The agent's list of what it was told to do, newest last. */
export class TaskList {
  #tasks: Task[] = [];

  /** @returns the task of that id, if it is still listed */
  find(id: string): Task | undefined {
    return this.#tasks.find(task => task.id === id);
  }

  /** @returns the one that runs now, if any */
  running(): Task | undefined {
    return this.#tasks.find(task => task.status === "running");
  }

  begin(command: Command, nowMs: number): void {
    const task: Task = {
      id: command.id,
      verb: command.verb,
      status: "running",
      error: null,
      startedAtMs: nowMs,
      endedAtMs: null,
    };
    this.#tasks = [...this.#tasks, task].slice(-KEPT);
  }

  end(id: string, error: string | null, nowMs: number): void {
    this.#tasks = this.#tasks.map(task =>
      task.id === id
        ? { ...task, status: error === null ? "succeeded" : "failed", error, endedAtMs: nowMs }
        : task,
    );
  }

  /** @returns a copy for the state */
  list(): Task[] {
    return [...this.#tasks];
  }
}
