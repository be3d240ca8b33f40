/** The agent proper in a tt container: the real core and both sides of its real sessions, over a virtual TimesTen. */
import { Agent } from "../../../../agent/core/agent";
import { PeerSession } from "../../../../agent/peer/session";
import type { AgentMemory, Disk as DiskPort } from "../../../../agent/ports";
import { type ClientRole, Link } from "../../../../agent/server/link";
import type { Dial, PeerAnswer, PeerRequest, WitnessMessage, WitnessRequest } from "../../../../protocol";
import type { DatabaseWorld } from "../database";
import { type NodeClock, VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import { type TimesTenInstance, VirtualTimesTen } from "../timesten";
import type { ServerSession } from "./stream";
import type { Surroundings } from "./surroundings";
import type { VirtualGuard } from "./virtual-guard";

/** What an agent process needs of its pod. */
export interface AgentPlace {
  around: Surroundings;
  instance: TimesTenInstance;
  objectUID: string;
  topology: "activeStandbyPair" | "none";
  world: DatabaseWorld;
  random: SeededRandom;
  guard: VirtualGuard;
  node: NodeClock;
  peers: (process: VirtualProcess) => {
    agent: Dial<PeerRequest, PeerAnswer>;
    witness: Dial<WitnessRequest, WitnessMessage>;
  };
  /** Called when the process ends by itself. */
  onExit: (code: number) => void;
}

export class AgentProcess {
  readonly process: VirtualProcess;
  readonly agent: Agent;
  private readonly name: string;

  constructor(private readonly o: AgentPlace) {
    const { around, instance, random, world, node } = o;
    const { podName, podUID } = instance.place;
    const { story, time } = around;
    this.name = podName;
    const crashed = (who: string, error: unknown): void => around.crashed(who, error);
    this.process = new VirtualProcess(`${podName}/agent`, time, crashed, node);
    const tell = (what: string): void => story.tell(podName, what);
    const log = logInto((level, text) => tell(`${level}: ${text}`));
    const dials = o.peers(this.process);
    const self = { podName, podUID, objectUID: o.objectUID, version: "world" };
    const { clock } = this.process;
    const options = {
      clock,
      disk: this.disk(),
      timesten: new VirtualTimesTen(this.process, instance, world, around.timesTenFaults, what =>
        tell(`utility ${what}`),
      ),
      guard: o.guard.port(this.process),
      peer: new PeerSession({ clock, log, self, dialAgent: dials.agent, dialWitness: dials.witness }),
      topology: o.topology,
      graceMs: 27_000,
      log,
      newBootId: () => `boot-${random.uuid().slice(0, 8)}`,
      self,
      files: { adminUser: true, schema: true, cacheGroups: false, cacheUser: false },
    };
    this.agent = new Agent(around.tampering.agent?.(options) ?? options);
  }

  start(): void {
    this.process.enter(() => {
      this.agent.start().catch((error: unknown) => this.exit(1, `start failed: ${String(error)}`));
    });
  }

  /** SIGTERM was sent. */
  isEnding = false;

  /** SIGTERM. */
  terminate(): void {
    this.isEnding = true;
    this.process.enter(() => {
      this.agent.shutdown().then(
        () => this.exit(0, "left cleanly"),
        (error: unknown) => this.exit(1, `shutdown failed: ${String(error)}`),
      );
    });
  }

  /**
   * @param client what the certificate of the one who connects says
   * @param send carries a frame towards it
   * @param hangUp ends the connection
   */
  accept(client: ClientRole, send: (frame: string) => void, hangUp: () => void): ServerSession {
    const link = new Link({
      sessions: this.agent,
      peers: this.agent.peering,
      objectUID: this.o.objectUID,
      client,
      wire: { unsent: () => 0, send, close: hangUp, terminate: hangUp },
      clock: this.process.clock,
      log: logInto((level, text) => this.o.around.story.tell(this.name, `${level}: ${text}`)),
    });
    return {
      receive: frame => this.process.enter(() => link.received(frame)),
      closed: () => this.process.enter(() => link.disconnected()),
    };
  }

  private exit(code: number, why: string): void {
    if (!this.process.alive()) return;
    this.o.around.story.tell(this.name, `agent exits ${code}: ${why}`);
    this.process.kill();
    this.o.onExit(code);
  }

  private disk(): DiskPort {
    const { instance, random } = this.o;
    const { disk } = instance.place;
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
