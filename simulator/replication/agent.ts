/** The replication agent of one database: listens, dials its peer, keeps the states, and makes commits wait. */
import { createServer, type Server, type Socket } from "node:net";
import type { Database } from "../engine/database";
import type { PeerState, RepState } from "../engine/control";
import { errors } from "../shared/errors";
import type { MessageLog } from "../shared/log";
import {
  defaultPort,
  findPlaces,
  promoted,
  survives,
  whyNotActive,
  type PeerView,
  type Places,
} from "./decide";
import { serveDuplicate } from "./duplicate";
import { onFrames, type Frame, type Hello } from "./frames";
import { Receiver } from "./receiver";
import { ReturnService } from "./returns";
import { Transmitter } from "./transmitter";

/** How long a peer counts as heard, ms. */
const recentMs = 1000;

export interface AgentOptions {
  /** Names under which a scheme may know this host. */
  hostNames: string[];
  listen: string;
  log: MessageLog;
  /** Called when the agent starts or stops. */
  onRunning: (running: boolean) => void;
}

/** What utilities show of the peer. */
export interface PeerStatus {
  database: string;
  host: string;
  port: number;
  state: PeerState;
  logs: number;
  /** Seconds since the last message, -1 when there was none. */
  secondsSilent: number;
  applied: number;
  durable: number;
}

export class ReplicationAgent {
  running = false;
  private server: Server | null = null;
  private transmitter: Transmitter | null = null;
  private readonly receivers = new Set<Receiver>();
  readonly returns: ReturnService;
  private peer: { state: RepState; term: number; csn: number; heardMs: number } | null = null;

  constructor(
    private readonly database: Database,
    private readonly options: AgentOptions,
  ) {
    this.returns = new ReturnService(database, {
      mine: () => this.places()?.mine ?? null,
      running: () => this.running,
      ship: () => this.transmitter?.pump(),
      send: frame => this.transmitter?.send(frame),
      giveUp: reason => {
        this.log("Warn", reason);
        this.setPeer("failed");
      },
      log: text => this.log("Warn", text),
    });
    database.gate = this.returns;
    database.heldCsn = () => this.returns.heldCsn();
    database.log.onDurable = () => this.receivers.forEach(receiver => receiver.acknowledge());
  }

  places(): Places | null {
    const { scheme } = this.database.control;
    return scheme === null ? null : findPlaces(scheme, this.database.name, this.options.hostNames);
  }

  port(): number {
    const port = this.places()?.mine.port ?? 0;
    return port === 0 ? defaultPort : port;
  }

  private log(severity: "Info" | "Warn" | "Err ", text: string): void {
    this.options.log(severity, `${this.database.name.toUpperCase()}: ${text}`, "REP");
  }

  /** ttRepStart. @throws TimesTenError 8123, 12026; Error when the port is taken */
  async start(): Promise<void> {
    const places = this.places();
    if (this.database.control.scheme === null) throw errors.noScheme();
    if (places === null) throw errors.notAStore(this.options.hostNames[0] ?? "");
    if (this.running) throw errors.agentRunning();
    this.running = true;
    try {
      this.server = await this.listen();
    } catch (error) {
      this.running = false;
      throw error;
    }
    this.transmitter = new Transmitter(this.database, this.transmitterHost(places));
    this.transmitter.start();
    this.log("Info", `replication agent started, port ${this.port()}`);
    this.options.onRunning(true);
  }

  private listen(): Promise<Server> {
    const server = createServer({ noDelay: true }, socket => this.accept(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: this.port(), host: this.options.listen }, () => resolve(server));
    });
  }

  /** ttRepStop. @throws TimesTenError 12027 */
  stop(): void {
    if (!this.running) throw errors.agentStopped();
    this.running = false;
    this.transmitter?.stop();
    this.transmitter = null;
    this.server?.close();
    this.server = null;
    for (const receiver of this.receivers) receiver.socket.destroy();
    this.peer = null;
    if (this.database.state === "RECOVERING") this.setState("IDLE");
    this.returns.check();
    this.log("Info", "replication agent stopped");
    this.options.onRunning(false);
  }

  private transmitterHost(places: Places) {
    return {
      places,
      hello: () => this.hello(),
      heard: (frame: Frame) => this.heard(frame),
      acknowledged: (applied: number, durable: number) => {
        if (this.peer !== null) this.peer.csn = Math.max(this.peer.csn, applied);
        this.returns.acknowledged(applied, durable);
      },
      resumed: (csn: number) => this.returns.resumed(csn),
      pending: () => this.returns.shipping,
      caughtUp: () => {
        if (!this.database.control.synced) this.database.setControl({ synced: true });
        this.log("Info", `standby ${places.peer.host} is in sync at commit ${this.database.csn}`);
      },
      meetsActive: (hello: Hello) => this.meetsActive(hello),
      connected: (yes: boolean) => {
        if (!yes) this.returns.check();
      },
      log: (text: string) => this.log("Info", `transmitter: ${text}`),
    };
  }

  private hello(): Hello {
    const { control } = this.database;
    return {
      t: "hello",
      database: this.database.name,
      host: this.places()?.mine.host ?? "",
      scheme: control.scheme?.text ?? "",
      state: this.database.state,
      position: { term: control.term, csn: this.database.csn },
      promotedAtMs: control.promotedAtMs,
      peerState: control.peerState,
    };
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const timer = setTimeout(() => socket.destroy(), 10_000);
    let receiver: Receiver | null = null;
    const first = (frame: Frame, payload: Buffer): void => {
      if (receiver !== null) return receiver.receive(frame, payload);
      clearTimeout(timer);
      if (frame.t === "duplicate") {
        void serveDuplicate(socket, this.database, frame, () => this.duplicated()).catch((error: unknown) =>
          this.log("Err ", `duplicate: ${String(error)}`),
        );
        return undefined;
      }
      const made = new Receiver(socket, this.database, this.receiverHost());
      receiver = made;
      this.receivers.add(made);
      socket.on("close", () => this.receivers.delete(made));
      return made.receive(frame, payload);
    };
    onFrames(socket, first);
  }

  private receiverHost() {
    return {
      hello: () => this.hello(),
      refuse: (hello: Hello) => this.refuse(hello),
      heard: (frame: Frame) => this.heard(frame),
      arrived: (hello: Hello) => this.arrived(hello),
      streamBegins: (receiver: Receiver, term: number, history: { term: number; csn: number }[]) =>
        this.streamBegins(receiver, term, history),
      inSync: () => this.inSync(),
      durableFirst: () => this.places()?.mine.durableCommit === true,
      declaredFailed: (reason: string) => this.becomeFailed(reason),
      diverged: (error: unknown) => this.becomeFailed(`cannot apply a transaction: ${String(error)}`),
    };
  }

  private refuse(hello: Hello): { code: number; message: string } | null {
    const scheme = this.database.control.scheme;
    if (scheme === null || scheme.text !== hello.scheme)
      return { code: 8109, message: "the replication schemes of the two databases differ" };
    if (hello.host.toLowerCase() !== this.places()?.peer.host.toLowerCase())
      return { code: 8110, message: `${hello.host} is not the peer of this database` };
    return null;
  }

  private heard(frame: Frame): void {
    const now = Date.now();
    if (frame.t === "hello" || frame.t === "state") {
      this.peer = { state: frame.state, term: frame.position.term, csn: frame.position.csn, heardMs: now };
      if (frame.t === "hello") this.judged(frame);
    } else if (this.peer !== null) this.peer.heardMs = now;
    if (frame.t === "failed") this.becomeFailed(frame.reason);
  }

  /** An active that holds us for failed says so in its hello. */
  private judged(hello: Hello): void {
    const { state, control } = this.database;
    if (
      hello.state !== "ACTIVE" ||
      hello.peerState !== "failed" ||
      state === "ACTIVE" ||
      control.role === "COPY"
    )
      return;
    this.becomeFailed("48106: the active has declared this database FAILED");
  }

  private arrived(hello: Hello): void {
    if (hello.state === "ACTIVE" && this.database.state === "ACTIVE") return this.meetsActive(hello);
    setImmediate(() => this.transmitter?.nudge());
    const { control, csn, state } = this.database;
    if (state !== "ACTIVE" || hello.state === "ACTIVE" || control.peerState !== "failed") return undefined;
    // RETURN TWOSAFE: a failed former active may catch up by itself when it holds nothing that we lack.
    const twosafe = control.scheme?.returnService === "twosafe";
    const logs = hello.position.csn >= csn || this.database.log.readFrom(hello.position.csn + 1) !== null;
    const next = control.history.find(entry => entry.term > hello.position.term);
    if (
      !twosafe ||
      !logs ||
      hello.state === "FAILED" ||
      (next !== undefined && hello.position.csn > next.csn)
    )
      return undefined;
    this.log("Info", "the failed peer may catch up from this database's log");
    this.database.setControl({ peerState: "start", synced: false });
    this.transmitter?.restart();
    return undefined;
  }

  private meetsActive(hello: Hello): void {
    const { control } = this.database;
    const ours = {
      term: control.term,
      promotedAtMs: control.promotedAtMs,
      host: this.places()?.mine.host ?? "",
    };
    const theirs = { term: hello.position.term, promotedAtMs: hello.promotedAtMs, host: hello.host };
    const { code, message } = errors.activeMeetsActive();
    this.log("Err ", `TT${code}: ${message} Two databases of the pair are ACTIVE.`);
    if (survives(ours, theirs)) {
      if (control.peerState !== "failed") this.setPeer("failed");
    } else this.becomeFailed("the other database was set ACTIVE later");
  }

  private streamBegins(receiver: Receiver, term: number, history: { term: number; csn: number }[]): boolean {
    const { state } = this.database;
    if (state === "ACTIVE" || state === "FAILED") return false;
    for (const other of this.receivers) if (other !== receiver && other.streaming) other.socket.destroy();
    this.database.setControl({
      term,
      history,
      role: this.database.control.role === "STANDBY" ? "STANDBY" : "COPY",
      peerState: "start",
      synced: false,
    });
    if (state === "IDLE") this.setState("RECOVERING");
    setImmediate(() => receiver.acknowledge());
    return true;
  }

  private inSync(): void {
    if (this.database.control.role !== "STANDBY") this.database.setControl({ role: "STANDBY" });
    if (this.database.state === "RECOVERING") this.setState("STANDBY");
  }

  private becomeFailed(reason: string): void {
    if (this.database.state === "FAILED") return;
    this.log("Err ", `this database is FAILED: ${reason}`);
    for (const receiver of this.receivers) receiver.streaming = false;
    this.database.setControl({ role: "FAILED", synced: false });
    this.setState("FAILED");
  }

  private setState(state: RepState): void {
    if (this.database.state === state) return;
    this.log("Info", `state ${this.database.state} -> ${state}`);
    this.database.state = state;
    this.tell();
    this.returns.check();
  }

  private tell(): void {
    const frame: Frame = { t: "state", state: this.database.state, position: this.database.position() };
    this.transmitter?.send(frame);
    for (const receiver of this.receivers) receiver.send(frame);
  }

  /** What is known of the peer, for the legality of a promotion. */
  peerView(): PeerView | null {
    if (!this.running || this.peer === null) return null;
    const { state, term, csn, heardMs } = this.peer;
    return { state, position: { term, csn }, recent: Date.now() - heardMs < recentMs };
  }

  /** ttRepStateSet('ACTIVE'). @throws TimesTenError 8123, 8141 */
  setActive(): void {
    const { control, csn, state } = this.database;
    if (control.scheme === null) throw errors.noScheme();
    if (state === "ACTIVE") return this.log("Info", "ttRepStateSet: this database is ACTIVE already");
    const why = whyNotActive(state, control, csn, this.peerView());
    if (why !== null) throw errors.notEligible(why);
    for (const receiver of this.receivers) receiver.socket.destroy();
    this.database.setControl(promoted(control, csn, this.peer?.term ?? 0, Date.now()));
    // A restarted active does not know how far its standby is: it keeps all the log it has.
    this.returns.begin(control.role === "ACTIVE" ? 0 : csn);
    this.setState("ACTIVE");
    this.transmitter?.restart();
  }

  /** ttRepDeactivate. @throws TimesTenError 8145 */
  deactivate(): void {
    if (this.database.state !== "ACTIVE") throw errors.notActive();
    this.setState("IDLE");
    this.transmitter?.restart();
  }

  /** Changes what the active holds its peer to be. @throws TimesTenError 8062 */
  setPeer(peerState: PeerState): void {
    if (this.database.state !== "ACTIVE") throw errors.saveNotActive();
    this.log(
      peerState === "failed" ? "Warn" : "Info",
      `peer state ${this.database.control.peerState} -> ${peerState}`,
    );
    this.database.setControl({ peerState, ...(peerState === "failed" ? { synced: false } : {}) });
    if (peerState === "failed") {
      this.transmitter?.send({ t: "failed", reason: "48106: the active has declared this database FAILED" });
    }
    this.transmitter?.restart();
    this.returns.check();
  }

  /** A copy is being taken for the standby: keep the log from here on. */
  private duplicated(): void {
    this.returns.begin(this.database.csn);
    this.database.setControl({ peerState: "start", synced: false });
    this.log("Info", `peer state start, log kept from commit ${this.database.csn} on`);
    this.transmitter?.restart();
  }

  peerStatus(): PeerStatus | null {
    const places = this.places();
    if (places === null) return null;
    const { peer } = places;
    return {
      database: peer.database,
      host: peer.host,
      port: peer.port === 0 ? defaultPort : peer.port,
      state: this.database.control.peerState,
      logs:
        this.database.state === "ACTIVE"
          ? Math.max(1, this.database.log.filesAfter(this.returns.heldCsn()))
          : 1,
      secondsSilent: this.peer === null ? -1 : Math.floor((Date.now() - this.peer.heardMs) / 1000),
      applied: this.returns.applied,
      durable: this.returns.durable,
    };
  }
}
