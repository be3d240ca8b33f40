/** The guard of one tt container: the real core in a process of its own, behind a socket, killed and hung by itself. */
import { Guard, type GuardMemory } from "../../../../agent/guard/core";
import type { GuardPort } from "../../../../agent/ports";
import type { FromGuard, Life, ToGuard } from "../../../../protocol";
import type { DatabaseWorld } from "../database";
import { Channel, type NodeClock, VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import { type TimesTenInstance, VirtualTimesTen } from "../timesten";
import { logInto } from "./agent-process";
import type { Surroundings } from "./surroundings";

/** Over the Unix socket, ms. */
const HOP_MS = 0.1;
/** The guard's answer may take so long before the agent gives the connection up, ms. */
const ANSWER_MS = 500;
/** Pause before the socket is tried again, ms. */
const AGAIN_MS = 50;

/** The memory volume of a pod: outlives its containers. */
export interface RunVolume {
  guard: GuardMemory | null;
  /** The life that the guard named last, for the witness. */
  life: Life | null;
  /** Another life was named. */
  changed: () => void;
}

interface Connection {
  toAgent: Channel<FromGuard>;
}

export class VirtualGuard {
  process: VirtualProcess;
  private guard: Guard;
  private connection: Connection | null = null;
  private lives = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly instance: TimesTenInstance,
    private readonly world: DatabaseWorld,
    private readonly random: SeededRandom,
    private readonly node: NodeClock,
    private readonly volume: RunVolume,
  ) {
    ({ process: this.process, guard: this.guard } = this.make());
  }

  /** SIGKILL to the guard alone; the supervisor starts it again. */
  kill(): void {
    if (!this.process.alive()) return;
    this.around.story.tell("fault", `the guard of ${this.instance.place.podName} is killed`);
    this.process.kill();
    this.around.time.after(this.random.between(80, 250), () => {
      if (!this.ended) ({ process: this.process, guard: this.guard } = this.make());
    });
  }

  /** Its container is gone. */
  end(): void {
    this.ended = true;
    this.process.kill();
  }

  private ended = false;

  /** @returns what an agent of this container speaks to it with */
  port(agent: VirtualProcess): GuardPort {
    const waiting = new Map<number, (failure: string | null) => void>();
    let nextId = 0;
    let onState: Parameters<GuardPort["onState"]>[0] = () => undefined;
    let onActed: Parameters<GuardPort["onActed"]>[0] = () => undefined;
    let present: { toGuard: Channel<ToGuard>; close: () => void } | null = null;
    const connect = (): void => {
      const { process } = this;
      if (!process.alive()) return void agent.after(AGAIN_MS, connect);
      let open = false;
      const close = (): void => {
        if (present?.close !== close) return;
        present = null;
        toGuard.close();
        toAgent.close();
        for (const answered of [...waiting.values()]) answered("the guard is away");
        agent.after(AGAIN_MS, connect);
        if (open) onState(null);
      };
      const toAgent = new Channel<FromGuard>(this.around.time, message =>
        agent.enter(() => {
          if (present?.close !== close) return;
          if (message.type === "hello") {
            open = true;
            onState({ life: message.life, permit: message.permit });
          } else if (message.type === "acted") onActed(message.boot, message.what);
          else waiting.get(message.id)?.(null);
        }),
      );
      const toGuard = new Channel<ToGuard>(this.around.time, message =>
        process.enter(() => this.guard.onMessage(message)),
      );
      present = { toGuard, close };
      process.onEnd(() => agent.enter(close));
      process.enter(() => {
        if (present?.close !== close) return;
        this.connection = { toAgent };
        toAgent.send(this.guard.hello(), HOP_MS);
      });
    };
    agent.after(1, connect);
    const send = (message: ToGuard): boolean => {
      present?.toGuard.send(message, HOP_MS);
      return present !== null;
    };
    const asked = (make: (id: number) => ToGuard): Promise<void> =>
      new Promise((resolve, reject) => {
        const id = ++nextId;
        const cancel = agent.after(ANSWER_MS, () => {
          answered("the guard did not answer");
          present?.close();
        });
        const answered = (failure: string | null): void => {
          cancel();
          waiting.delete(id);
          if (failure === null) resolve();
          else reject(new Error(failure));
        };
        waiting.set(id, answered);
        if (!send(make(id))) answered("the guard is away");
      });
    return {
      onState: callback => {
        onState = callback;
      },
      life: life => void send({ type: "life", life }),
      lifeOver: boot => void send({ type: "lifeOver", boot }),
      permit: permit => asked(id => ({ type: "permit", id, permit })),
      rest: boot => asked(id => ({ type: "rest", id, boot })),
      onActed: callback => {
        onActed = callback;
      },
    };
  }

  private make(): { process: VirtualProcess; guard: Guard } {
    const { around, instance, volume } = this;
    const { podName } = instance.place;
    const crashed = (who: string, error: unknown): void => around.crashed(who, error);
    const process = new VirtualProcess(`${podName}/guard`, around.time, crashed, this.node);
    const tell = (text: string): void => around.story.tell(`${podName}/guard`, text);
    const database = new VirtualTimesTen(process, instance, this.world, around.timesTenFaults, what =>
      tell(`utility ${what}`),
    );
    const options = {
      clock: process.clock,
      store: {
        load: async () => volume.guard,
        save: async (memory: GuardMemory) => {
          volume.guard = memory;
          if (memory.permit !== null) around.permitTaken(memory.permit);
          if (memory.life === null || memory.life === volume.life) return;
          volume.life = memory.life;
          volume.changed();
        },
      },
      database: {
        watch: (processes: string, onEnd: () => void) => database.watchProcesses(processes, onEnd),
        close: (signal: AbortSignal) => database.close(signal),
        kill: () => database.killProcesses(),
      },
      log: logInto((level, text) => tell(`${level}: ${text}`)),
      onSend: (message: FromGuard) => this.connection?.toAgent.send(message, HOP_MS),
    };
    const guard = new Guard(around.tampering.guard?.(options) ?? options);
    if (this.lives++ > 0) tell("starts again");
    this.connection = null;
    process.enter(() => void guard.start());
    return { process, guard };
  }
}
