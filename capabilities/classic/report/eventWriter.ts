/**
 * Writes Events to the API server, in order per object, beside the passes: nothing waits for them, and an Event that
 * cannot be written is given up after a few attempts with one line in the log.
 */
import type { TimesTenClassicObject } from "../../../generated/types";
import { buildEvent, identityOf, resources, type CoreEvent } from "../../objects";
import { KubeError, type Clock, type KubeApi, type Log } from "../../runtime/ports";
import type { EventText } from "../decision";

const ATTEMPTS = 5;
/** Pause after the first failed attempt, doubled with each, ms. */
const PAUSE_MS = 200;

export interface EventWriterOptions {
  clock: Clock;
  kube: KubeApi;
  log: Log;
  /** Name of this replica. */
  reporter: string;
}

export class EventWriter {
  readonly #o: EventWriterOptions;
  /** The end of each object's line, by uid. */
  readonly #lines = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: EventWriterOptions) {
    this.#o = options;
  }

  /** @param firstSequence status.lastEvent after the first of them */
  write(object: TimesTenClassicObject, events: readonly EventText[], firstSequence: number): void {
    if (events.length === 0) return;
    const { uid } = identityOf(object);
    const atMs = this.#o.clock.nowMs();
    const built = events.map((event, index) =>
      buildEvent(object, { ...event, sequence: firstSequence + index, atMs, reporter: this.#o.reporter }),
    );
    const line = (this.#lines.get(uid) ?? Promise.resolve()).then(() => this.#writeAll(built));
    this.#lines.set(uid, line);
    void line.finally(() => {
      if (this.#lines.get(uid) === line) this.#lines.delete(uid);
    });
  }

  /** Gives up what is not written yet. */
  stop(): void {
    this.#stopped = true;
  }

  async #writeAll(events: readonly CoreEvent[]): Promise<void> {
    for (const event of events) await this.#writeOne(event);
  }

  async #writeOne(event: CoreEvent): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS && !this.#stopped; attempt++) {
      try {
        await this.#o.kube.create(resources.event, event);
        return;
      } catch (error) {
        if (error instanceof KubeError && error.status === 409) return;
        const hopeless = error instanceof KubeError && (error.status === 403 || error.status === 404);
        if (hopeless || attempt === ATTEMPTS) {
          this.#o.log.warn("event not written", { message: event.message, error: String(error) });
          return;
        }
        await this.#pause(PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#o.clock.setTimer(ms, resolve));
  }
}
