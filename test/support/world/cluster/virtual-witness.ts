/** The witness in a pod's sidecar: the real core in a process that outlives the tt container. */
import { Witness } from "../../../../agent/witness/core";
import { WitnessLink } from "../../../../agent/witness/link";
import { type NodeClock, VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import type { TimesTenInstance } from "../timesten";
import { logInto } from "./agent-process";
import type { ServerSession } from "./stream";
import type { Surroundings } from "./surroundings";
import type { RunVolume } from "./virtual-guard";

/** Between two looks at the file that names the present life, ms. */
const LOOK_MS = 25;

export class VirtualWitness {
  readonly process: VirtualProcess;
  private readonly witness: Witness;

  constructor(
    around: Surroundings,
    self: { podName: string; podUID: string },
    node: NodeClock,
    private readonly volume: RunVolume,
    random: SeededRandom,
    /** @returns the instance of the container that runs, if one does */
    instance: () => TimesTenInstance | null,
  ) {
    const { time, story } = around;
    const name = `${self.podName}/witness`;
    this.process = new VirtualProcess(name, time, (who, error) => around.crashed(who, error), node);
    const log = logInto((level, text) => story.tell(name, `${level}: ${text}`));
    const holder = {
      hold: (life: { processes: string }, onOver: () => void): (() => void) => {
        const over = (): void => this.process.enter(onOver);
        const running = instance();
        if (running?.processNames() === life.processes) return running.watch(life.processes, over, true);
        return time.after(random.between(1, 30), over);
      },
    };
    const options = { clock: this.process.clock, holder, log, self };
    this.witness = new Witness(around.tampering.witness?.(options) ?? options);
    this.follow(null);
  }

  accept(send: (frame: string) => void, hangUp: () => void): ServerSession {
    const link = new WitnessLink({
      witness: this.witness,
      wire: { unsent: () => 0, send, close: hangUp, terminate: hangUp },
      clock: this.process.clock,
      log: logInto(() => undefined),
    });
    return {
      receive: frame => this.process.enter(() => link.received(frame)),
      closed: () => this.process.enter(() => link.disconnected()),
    };
  }

  /** Looks at the file when it changed: the kernel gives notice, a moment later. */
  private follow(seen: RunVolume["life"]): void {
    const { life } = this.volume;
    if (life !== null && life !== seen) this.witness.onLife(life);
    this.volume.changed = () => void this.process.after(LOOK_MS, () => this.follow(life));
  }
}
