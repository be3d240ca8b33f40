/** The guard of one tt container: the real core in a process of its own, which the agents of that container talk to. */
import { Guard, type GuardMemory } from "../../../../agent/guard/core";
import type { GuardPort } from "../../../../agent/ports";
import type { FromGuard, ToGuard } from "../../../../protocol";
import type { DatabaseWorld } from "../database";
import { Channel, VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import { type TimesTenInstance, VirtualTimesTen } from "../timesten";
import { logInto } from "./agent-process";
import type { Surroundings } from "./surroundings";

/** Over the Unix socket, ms. */
const HOP_MS = 0.1;
/** The guard's answer may take so long before the agent gives up, ms. */
const ANSWER_MS = 1_000;

type State = { life: GuardMemory["life"]; permit: GuardMemory["permit"] };

export class VirtualGuard {
  process: VirtualProcess;
  private guard: Guard;
  private memory: GuardMemory | null = null;
  private listener: { process: VirtualProcess; deliver: (message: FromGuard) => void } | null = null;
  private toAgent: Channel<FromGuard>;
  private lives = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly instance: TimesTenInstance,
    private readonly world: DatabaseWorld,
    private readonly random: SeededRandom,
    private readonly rate: number,
  ) {
    this.toAgent = new Channel<FromGuard>(around.time, message => {
      const { listener } = this;
      listener?.process.enter(() => listener.deliver(message));
    });
    const made = this.make();
    this.process = made.process;
    this.guard = made.guard;
  }

  /** SIGKILL to the guard alone; the supervisor starts it again. */
  kill(): void {
    this.around.story.tell("fault", `guard of ${this.instance.place.podName} is killed`);
    this.process.kill();
    this.around.time.after(this.random.between(80, 250), () => {
      const made = this.make();
      this.process = made.process;
      this.guard = made.guard;
    });
  }

  /** @returns what an agent of this container speaks to it with */
  port(agent: VirtualProcess): GuardPort {
    const waiting = new Map<number, () => void>();
    let nextId = 0;
    let onState: (state: State | null) => void = () => undefined;
    let onActed: (boot: string, what: "closed" | "killed") => void = () => undefined;
    const toGuard = new Channel<ToGuard>(this.around.time, message =>
      this.process.enter(() => this.guard.onMessage(message)),
    );
    const connect = (): void => {
      if (!this.process.alive()) {
        agent.after(50, connect);
        return;
      }
      const { process } = this;
      process.onEnd(() =>
        agent.enter(() => {
          onState(null);
          agent.after(50, connect);
        }),
      );
      this.listener = {
        process: agent,
        deliver: message => {
          if (message.type === "hello") onState({ life: message.life, permit: message.permit });
          else if (message.type === "acted") onActed(message.boot, message.what);
          else {
            waiting.get(message.id)?.();
            waiting.delete(message.id);
          }
        },
      };
      process.enter(() => this.toAgent.send(this.guard.hello(), HOP_MS));
    };
    agent.after(1, connect);
    const asked = (make: (id: number) => ToGuard): Promise<void> =>
      new Promise((resolve, reject) => {
        const id = ++nextId;
        const cancel = agent.after(ANSWER_MS, () => {
          waiting.delete(id);
          reject(new Error("the guard does not answer"));
        });
        waiting.set(id, () => {
          cancel();
          resolve();
        });
        toGuard.send(make(id), HOP_MS);
      });
    return {
      onState: callback => {
        onState = callback;
      },
      life: life => toGuard.send({ type: "life", life }, HOP_MS),
      lifeOver: boot => toGuard.send({ type: "lifeOver", boot }, HOP_MS),
      permit: permit => asked(id => ({ type: "permit", id, permit })),
      rest: boot => asked(id => ({ type: "rest", id, boot })),
      onActed: callback => {
        onActed = callback;
      },
    };
  }

  private make(): { process: VirtualProcess; guard: Guard } {
    const { around, instance } = this;
    const { podName } = instance.place;
    const process = new VirtualProcess(
      `${podName}/guard`,
      around.time,
      (who, error) => around.crashed(who, error),
      this.rate,
    );
    const tell = (text: string): void => around.story.tell(`${podName}/guard`, text);
    const database = new VirtualTimesTen(process, instance, this.world, around.timesTenFaults, what =>
      tell(`utility ${what}`),
    );
    const guard = new Guard({
      clock: process.clock,
      store: {
        load: async () => this.memory,
        save: async memory => {
          this.memory = memory;
        },
      },
      database: {
        watch: (processes, onEnd) => database.watchProcesses(processes, onEnd),
        close: signal => database.close(signal),
        kill: () => database.killProcesses(),
      },
      log: logInto((level, text) => tell(`${level}: ${text}`)),
      onSend: message => this.toAgent.send(message, HOP_MS),
    });
    if (this.lives++ > 0) tell("starts again");
    process.enter(() => void guard.start());
    return { process, guard };
  }
}
