/** The connection that this agent opens to its peer: states both ways, and transactions while this database is ACTIVE. */
import { connect, type Socket } from "node:net";
import type { Database } from "../engine/database";
import { onFrames, sendFrame, type Frame, type Hello } from "./frames";
import { admit, type Places } from "./decide";

/** Pause between attempts to reach the peer, ms. */
const retryMs = 200;
/** Bound of one attempt, ms. */
const connectMs = 2000;
/** Own sign of life, ms. */
const aliveMs = 250;
/** Silence after which the connection is given up, ms; TIMEOUT of the scheme may be shorter. */
const silenceMs = 5000;
/** Bytes on the way beyond which sending pauses. */
const highWater = 4 * 1024 * 1024;

/** What the transmitter needs from the agent around it. */
export interface TransmitterHost {
  places: Places;
  hello(): Hello;
  /** Any frame of the peer that is not an acknowledgement. */
  heard(frame: Frame): void;
  acknowledged(applied: number, durable: number): void;
  /** Sending begins behind this commit. */
  resumed(csn: number): void;
  /** A transaction that is shipped before it is committed here. */
  pending(): { csn: number; bytes: Buffer } | null;
  /** Everything is on its way: from now on commits wait. Durable before it returns. */
  caughtUp(): void;
  /** Peer answered ACTIVE as we are. */
  meetsActive(hello: Hello): void;
  connected(yes: boolean): void;
  log(text: string): void;
}

export class Transmitter {
  private socket: Socket | null = null;
  private timer: NodeJS.Timeout | undefined;
  private beat: NodeJS.Timeout | undefined;
  private stopped = false;
  private streaming = false;
  private nextCsn = 0;
  private marked = false;
  private lastHeardMs = 0;
  private lastComplaint = "";

  constructor(
    private readonly database: Database,
    private readonly host: TransmitterHost,
  ) {}

  start(): void {
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.beat);
    this.socket?.destroy();
  }

  /** Drops the connection and dials again: our state has changed. */
  restart(): void {
    if (this.stopped) return;
    const former = this.socket;
    this.socket = null;
    this.streaming = false;
    clearInterval(this.beat);
    former?.end();
    former?.setTimeout(1000, () => former.destroy());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dial(), 0);
  }

  /** The peer is there: no need to wait for the next attempt. */
  nudge(): void {
    if (this.socket === null && !this.stopped) this.dial();
  }

  /** Sends a frame when connected. */
  send(frame: Frame): void {
    if (this.socket !== null) sendFrame(this.socket, frame);
  }

  private again(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dial(), retryMs);
  }

  private dial(): void {
    clearTimeout(this.timer);
    if (this.stopped || this.socket !== null) return;
    // A peer declared failed is not spoken to; it asks us, and is told.
    if (this.database.state === "ACTIVE" && this.database.control.peerState === "failed") return this.again();
    const { peer } = this.host.places;
    const socket = connect({ host: peer.host, port: peer.port === 0 ? 4444 : peer.port, noDelay: true });
    this.socket = socket;
    const timer = setTimeout(() => socket.destroy(), connectMs);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      if (this.socket !== socket) return;
      clearInterval(this.beat);
      this.socket = null;
      if (this.streaming) this.host.log("connection to the peer lost");
      this.streaming = false;
      this.host.connected(false);
      this.again();
    });
    socket.on("connect", () => {
      clearTimeout(timer);
      this.lastHeardMs = Date.now();
      this.beat = setInterval(() => this.heartbeat(socket), aliveMs);
      sendFrame(socket, this.host.hello());
    });
    socket.on("drain", () => this.pump());
    onFrames(socket, frame => this.receive(socket, frame));
  }

  private heartbeat(socket: Socket): void {
    const limit = Math.min(silenceMs, this.host.places.mine.timeoutS * 1000);
    if (Date.now() - this.lastHeardMs > limit) socket.destroy();
    else sendFrame(socket, { t: "alive" });
  }

  private receive(socket: Socket, frame: Frame): void {
    if (this.socket !== socket) return;
    this.lastHeardMs = Date.now();
    if (frame.t === "ack") return this.host.acknowledged(frame.applied, frame.durable);
    this.host.heard(frame);
    if (frame.t === "error") {
      this.complain(`${frame.code}: ${frame.message}`);
      socket.destroy();
    }
    if (frame.t === "hello") this.answered(socket, frame);
  }

  private complain(text: string): void {
    if (text !== this.lastComplaint) this.host.log(text);
    this.lastComplaint = text;
  }

  private answered(socket: Socket, hello: Hello): void {
    this.host.connected(true);
    if (this.database.state !== "ACTIVE") return;
    if (hello.state === "ACTIVE") return this.host.meetsActive(hello);
    const { control, csn, log } = this.database;
    const twosafe = control.scheme?.returnService === "twosafe";
    // A shipped transaction that is not committed here may have arrived there.
    const last = this.host.pending()?.csn ?? csn;
    const admission = admit(control, last, hello, twosafe, from => from > csn || log.readFrom(from) !== null);
    if (!admission.ok) {
      this.complain(`peer not admitted: ${admission.reason}`);
      if (admission.tell) sendFrame(socket, { t: "failed", reason: admission.reason });
      return;
    }
    this.lastComplaint = "";
    this.streaming = true;
    this.marked = false;
    this.nextCsn = admission.from;
    this.host.log(`sending transactions from ${admission.from} on, local commit ${csn}`);
    this.host.resumed(hello.position.csn);
    sendFrame(socket, { t: "stream", term: control.term, history: control.history });
    this.pump();
  }

  /** Sends what there is to send. */
  pump(): void {
    const socket = this.socket;
    if (socket === null || !this.streaming || this.database.state !== "ACTIVE") return;
    while (this.nextCsn <= this.database.csn) {
      if (socket.writableLength > highWater) return;
      const records = this.database.log.readFrom(this.nextCsn);
      if (records === null || records.length === 0) {
        this.host.log(`transaction ${this.nextCsn} is not in the log`);
        socket.destroy();
        return;
      }
      for (const bytes of records) {
        sendFrame(socket, { t: "record", csn: this.nextCsn }, bytes);
        this.nextCsn += 1;
      }
    }
    const pending = this.host.pending();
    if (pending?.csn === this.nextCsn) {
      sendFrame(socket, { t: "record", csn: pending.csn }, pending.bytes);
      this.nextCsn += 1;
    }
    if (this.marked) return;
    this.marked = true;
    this.host.caughtUp();
    sendFrame(socket, { t: "insync", csn: this.nextCsn - 1 });
  }
}
