/** A connection that the peer has opened to this agent: its states, and its transactions while it is ACTIVE. */
import type { Socket } from "node:net";
import type { Database } from "../engine/database";
import { decodeRecord } from "../engine/records";
import { sendFrame, type Frame, type Hello } from "./frames";

/** Own sign of life, ms. */
const aliveMs = 250;
/** Silence after which the connection is given up, ms. */
const silenceMs = 5000;
/** How long applying waits for a local transaction, ms. */
const lockWaitMs = 10_000;

/** What a receiver needs from the agent around it. */
export interface ReceiverHost {
  hello(): Hello;
  /** @returns why the peer is refused, or null */
  refuse(hello: Hello): { code: number; message: string } | null;
  heard(frame: Frame): void;
  /** The peer said hello. */
  arrived(hello: Hello, receiver: Receiver): void;
  /** It begins to send. @returns false when this database takes nothing from it */
  streamBegins(receiver: Receiver, term: number, history: { term: number; csn: number }[]): boolean;
  inSync(): void;
  /** DURABLE COMMIT ON: acknowledge only what is on disk. */
  durableFirst(): boolean;
  declaredFailed(reason: string): void;
  /** The rows are not those of the active. */
  diverged(error: unknown): void;
}

export class Receiver {
  streaming = false;
  private queue = Promise.resolve();
  private lastHeardMs = Date.now();
  private acknowledgeDue = false;
  private readonly beat: NodeJS.Timeout;

  constructor(
    readonly socket: Socket,
    private readonly database: Database,
    private readonly host: ReceiverHost,
  ) {
    this.beat = setInterval(() => this.heartbeat(), aliveMs);
    socket.on("close", () => {
      clearInterval(this.beat);
      this.streaming = false;
    });
  }

  /** Handles a frame of the connection. */
  receive(frame: Frame, payload: Buffer): void {
    this.lastHeardMs = Date.now();
    if (frame.t === "record") {
      this.queue = this.queue.then(() => this.apply(frame.csn, payload));
      return;
    }
    if (frame.t === "insync") {
      this.queue = this.queue.then(() => {
        if (this.streaming) this.host.inSync();
      });
      return;
    }
    this.host.heard(frame);
    if (frame.t === "hello") this.greet(frame);
    else if (frame.t === "stream") {
      this.streaming = this.host.streamBegins(this, frame.term, frame.history);
      if (!this.streaming) this.socket.destroy();
    } else if (frame.t === "flush") {
      this.queue = this.queue.then(() => {
        this.database.log.hurry();
        this.acknowledge();
      });
    } else if (frame.t === "failed") this.host.declaredFailed(frame.reason);
  }

  private greet(hello: Hello): void {
    const refusal = this.host.refuse(hello);
    if (refusal !== null) {
      sendFrame(this.socket, { t: "error", ...refusal });
      this.socket.end();
      return;
    }
    this.host.arrived(hello, this);
    sendFrame(this.socket, this.host.hello());
  }

  private heartbeat(): void {
    if (Date.now() - this.lastHeardMs > silenceMs) this.socket.destroy();
    else sendFrame(this.socket, { t: "alive" });
  }

  private taking(): boolean {
    return this.streaming && (this.database.state === "STANDBY" || this.database.state === "RECOVERING");
  }

  private async apply(csn: number, payload: Buffer): Promise<void> {
    if (!this.taking()) return;
    try {
      const record = decodeRecord(payload);
      if (record.type !== "commit" || record.csn !== csn || csn > this.database.csn + 1)
        throw new Error(`unexpected transaction ${csn}`);
      if (csn <= this.database.csn) return;
      if (!(await this.database.applyRemote(record, payload, lockWaitMs, () => this.taking()))) return;
      if (this.host.durableFirst()) await this.database.log.whenDurable(csn);
      this.acknowledgeSoon();
    } catch (error) {
      this.streaming = false;
      this.host.diverged(error);
      this.socket.destroy();
    }
  }

  private acknowledgeSoon(): void {
    if (this.acknowledgeDue) return;
    this.acknowledgeDue = true;
    setImmediate(() => {
      this.acknowledgeDue = false;
      this.acknowledge();
    });
  }

  /** Tells the active how far this database is. */
  acknowledge(): void {
    if (!this.streaming) return;
    sendFrame(this.socket, {
      t: "ack",
      applied: this.database.csn,
      durable: Math.min(this.database.csn, this.database.log.durableCsn()),
    });
  }

  send(frame: Frame): void {
    sendFrame(this.socket, frame);
  }
}
