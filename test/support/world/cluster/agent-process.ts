/** The agent proper in a tt container: the real core and the real server side of its sessions, over a virtual TimesTen. */
import { Agent } from "../../../../agent/core/agent";
import type { AgentMemory, Disk as DiskPort } from "../../../../agent/ports";
import { Link } from "../../../../agent/server/link";
import type { DatabaseWorld } from "../database";
import { VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import { type TimesTenInstance, VirtualTimesTen } from "../timesten";
import type { Surroundings } from "./surroundings";
import type { VirtualGuard } from "./virtual-guard";
import { type PeerNetwork, VirtualPeer } from "./virtual-peer";

/** The server's end of one session, as the network sees it. */
export interface ServerSession {
  /** A text frame from the operator arrived. */
  receive(frame: string): void;
  /** The operator's end is gone. */
  closed(): void;
}

export class AgentProcess {
  readonly process: VirtualProcess;
  readonly agent: Agent;
  private readonly name: string;

  constructor(
    private readonly around: Surroundings,
    private readonly instance: TimesTenInstance,
    objectUID: string,
    world: DatabaseWorld,
    private readonly random: SeededRandom,
    guard: VirtualGuard,
    peers: PeerNetwork,
    /** How fast the clocks of this node run. */
    rate: number,
    /** Called when the process ends by itself. */
    private readonly onExit: (code: number) => void,
  ) {
    const { podName, podUID } = instance.place;
    const { story, time } = around;
    this.name = podName;
    const crashed = (who: string, error: unknown): void => around.crashed(who, error);
    this.process = new VirtualProcess(`${podName}/agent`, time, crashed, rate);
    const tell = (what: string): void => story.tell(podName, what);
    const options = {
      clock: this.process.clock,
      disk: this.disk(),
      timesten: new VirtualTimesTen(this.process, instance, world, around.timesTenFaults, what =>
        tell(`utility ${what}`),
      ),
      guard: guard.port(this.process),
      peer: new VirtualPeer(this.process, peers, random.fork("peer")),
      topology: "activeStandbyPair" as const,
      graceMs: 27_000,
      log: logInto((level, text) => tell(`${level}: ${text}`)),
      newBootId: () => `boot-${random.uuid().slice(0, 8)}`,
      self: { podName, podUID, objectUID, version: "world" },
      files: { adminUser: true, schema: true, cacheGroups: false, cacheUser: false },
    };
    this.agent = new Agent(around.tampering.agent?.(options) ?? options);
  }

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
   * @param send carries a frame towards the operator
   * @param hangUp ends the connection
   */
  accept(send: (frame: string) => void, hangUp: () => void): ServerSession {
    const link = new Link({
      sessions: this.agent,
      wire: { unsent: () => 0, send, close: hangUp, terminate: hangUp },
      clock: this.process.clock,
      log: logInto((level, text) => this.around.story.tell(this.name, `${level}: ${text}`)),
    });
    return {
      receive: frame => this.process.enter(() => link.received(frame)),
      closed: () => this.process.enter(() => link.disconnected()),
    };
  }

  private exit(code: number, why: string): void {
    if (!this.process.alive()) return;
    this.around.story.tell(this.name, `agent exits ${code}: ${why}`);
    this.process.kill();
    this.onExit(code);
  }

  private disk(): DiskPort {
    const { disk } = this.instance.place;
    return {
      load: async () => {
        await this.process.sleep(this.random.between(0.2, 2));
        return disk.memory === null ? null : (JSON.parse(disk.memory) as AgentMemory);
      },
      save: async memory => {
        const json = JSON.stringify(memory);
        await this.process.sleep(this.random.between(0.2, 4));
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
