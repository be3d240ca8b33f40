/** The tt container's process: the real agent core over a virtual TimesTen, and the server that carries its sessions. */
import { Agent } from "../../../../agent/core/agent";
import type { AgentMemory, Disk as DiskPort, OperatorLink } from "../../../../agent/ports";
import {
  type AgentMessage,
  HEARTBEAT_MS,
  type OperatorMessage,
  operatorMessageSchema,
  parseMessage,
  PROTOCOL_VERSION,
  SESSION_SILENCE_MS,
} from "../../../../protocol";
import type { DatabaseWorld, Disk } from "../database";
import { VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import { VirtualTimesTen } from "../timesten";
import type { Surroundings } from "./surroundings";

/** Where a container's agent finds itself. */
export interface AgentPlace {
  podName: string;
  podUID: string;
  objectUID: string;
  host: string;
  release: string;
  disk: Disk;
}

/** The other end of one session, as the network sees it. */
export interface ServerSession {
  /** A text frame from the operator arrived. */
  receive(frame: string): void;
  /** The operator's end is gone. */
  closed(): void;
}

export class AgentProcess {
  readonly process: VirtualProcess;
  readonly timesten: VirtualTimesTen;
  readonly agent: Agent;

  constructor(
    private readonly around: Surroundings,
    readonly place: AgentPlace,
    world: DatabaseWorld,
    random: SeededRandom,
    /** Called when the process ends by itself. */
    private readonly onExit: (code: number) => void,
  ) {
    const { story, time } = around;
    const name = `${place.podName}/tt`;
    this.process = new VirtualProcess(name, time, around.crashed, random.between(0.99, 1.01));
    this.timesten = new VirtualTimesTen(
      this.process,
      place,
      world,
      around.timesTenFaults,
      random.fork("timesten"),
      what => story.tell(place.podName, `utility ${what}`),
    );
    const options = {
      clock: this.process.clock,
      disk: this.diskPort(random),
      timesten: this.timesten,
      log: logInto((level, text) => story.tell(place.podName, `${level}: ${text}`)),
      newBootId: () => `boot-${random.uuid().slice(0, 8)}`,
      self: { podName: place.podName, podUID: place.podUID, objectUID: place.objectUID, version: "world" },
      files: { adminUser: true, schema: true, cacheGroups: false, cacheUser: false },
    };
    this.agent = new Agent(around.tampering.agent?.(options) ?? options);
  }

  /** What the entry does on start: the agent, then whatever it needs. */
  start(): void {
    this.process.enter(() => {
      this.agent.start().catch((error: unknown) => this.exit(1, `start failed: ${String(error)}`));
    });
  }

  /** SIGTERM. */
  terminate(): void {
    this.process.enter(() => {
      this.agent.shutdown().then(
        () => this.exit(0, "left cleanly"),
        (error: unknown) => this.exit(1, `shutdown failed: ${String(error)}`),
      );
    });
  }

  /**
   * A session's server side: hello answered by welcome, pings in silence, given up after more silence.
   * @param send carries a frame towards the operator
   * @param hangUp ends the connection
   */
  accept(send: (frame: string) => void, hangUp: () => void): ServerSession {
    const { clock } = this.process;
    let lastHeardMs = clock.monotonicMs();
    let lastSentMs = lastHeardMs;
    let greeted = false;
    let over = false;
    const say = (message: AgentMessage): void => {
      if (over) return;
      lastSentMs = clock.monotonicMs();
      send(JSON.stringify(message));
    };
    const link: OperatorLink = { send: say, close: hangUp };
    const beat = (): void => {
      if (over) return;
      const now = clock.monotonicMs();
      if (now - lastHeardMs >= SESSION_SILENCE_MS) {
        over = true;
        this.agent.onDisconnect(link);
        hangUp();
        return;
      }
      if (now - lastSentMs >= HEARTBEAT_MS) say({ type: "ping", t: now });
      clock.setTimer(HEARTBEAT_MS / 2, beat);
    };
    clock.setTimer(HEARTBEAT_MS / 2, beat);
    return {
      receive: frame =>
        this.process.enter(() => {
          if (over) return;
          lastHeardMs = clock.monotonicMs();
          const message: OperatorMessage = parseMessage(operatorMessageSchema, frame);
          if (message.type === "hello" && !greeted) {
            greeted = true;
            say({ type: "welcome", version: PROTOCOL_VERSION, state: this.agent.state() });
            this.agent.onConnect(link);
            return;
          }
          this.agent.onMessage(link, message);
        }),
      closed: () =>
        this.process.enter(() => {
          if (over) return;
          over = true;
          this.agent.onDisconnect(link);
        }),
    };
  }

  private exit(code: number, why: string): void {
    if (!this.process.alive()) return;
    this.around.story.tell(this.place.podName, `agent exits ${code}: ${why}`);
    this.process.kill();
    this.onExit(code);
  }

  private diskPort(random: SeededRandom): DiskPort {
    const { disk } = this.place;
    return {
      load: async () => {
        await this.process.sleep(random.between(0.2, 2));
        return disk.memory === null ? null : (JSON.parse(disk.memory) as AgentMemory);
      },
      save: async memory => {
        const json = JSON.stringify(memory);
        await this.process.sleep(random.between(0.2, 4));
        disk.memory = json;
      },
    };
  }
}

/** @returns a log whose lines carry their fields in a stable order */
export function logInto(write: (level: string, text: string) => void): {
  debug: (message: string, fields?: Record<string, unknown>) => void;
  info: (message: string, fields?: Record<string, unknown>) => void;
  warn: (message: string, fields?: Record<string, unknown>) => void;
  error: (message: string, fields?: Record<string, unknown>) => void;
} {
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    write(level, fields === undefined ? message : `${message} ${JSON.stringify(fields)}`);
  return { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };
}
