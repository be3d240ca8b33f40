/** One database under the daemon: its process, from load to unload or sudden death. */
import { spawn, type ChildProcess } from "node:child_process";
import { errors, TimesTenError } from "../shared/errors";
import type { Message } from "../shared/lines";
import type { MessageLog } from "../shared/log";
import type { DatabaseStatus, SubdaemonEvent, SubdaemonRequest, SubdaemonStart } from "../engine/subdaemon";

export type LoadState = "unloaded" | "loading" | "loaded" | "unloading";

type Request = SubdaemonRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

interface Waiting {
  resolve: (answer: Message) => void;
  reject: (error: Error) => void;
}

export interface ManagedEvents {
  log: MessageLog;
  /** Nobody is connected and nobody is on the way. */
  onIdle: () => void;
  /** The replication agent was started or stopped. */
  onReplication: (running: boolean) => void;
  /** The process is gone. `expected` after an unload. */
  onExit: (expected: boolean) => void;
}

/** How long an unanswered connect keeps a database loaded, ms. */
const arrivalMs = 3000;

export class Managed {
  state: LoadState = "unloaded";
  connections = 0;
  pid = 0;
  private child: ChildProcess | null = null;
  private nextId = 1;
  private nextToken = 1;
  private readonly waiting = new Map<number, Waiting>();
  private readonly arriving = new Map<string, NodeJS.Timeout>();
  private loading: Promise<void> | null = null;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    readonly dataStore: string,
    readonly dsn: string,
    private readonly events: ManagedEvents,
  ) {}

  /**
   * Starts the process unless it runs.
   * @throws TimesTenError what the process reports when it cannot open the database
   */
  async load(start: SubdaemonStart): Promise<void> {
    if (this.state === "loaded") return;
    if (this.state === "unloading") {
      await this.exited;
      return this.load(start);
    }
    this.loading ??= this.spawn(start).finally(() => (this.loading = null));
    await this.loading;
  }

  private spawn(start: SubdaemonStart): Promise<void> {
    this.state = "loading";
    const program = process.argv[1] ?? "";
    const child = spawn(
      process.execPath,
      [
        ...process.execArgv,
        "--disable-warning=ExperimentalWarning",
        program,
        "timestensubd",
        JSON.stringify(start),
      ],
      {
        stdio: ["ignore", "ignore", "ignore", "ipc"],
        cwd: start.home,
      },
    );
    this.child = child;
    this.pid = child.pid ?? 0;
    return new Promise((resolve, reject) => {
      let failure: TimesTenError | null = null;
      child.on("error", error => reject(error));
      child.on("message", (message: SubdaemonEvent | Message) => {
        if (!("event" in message)) return this.answered(message);
        if (message.event === "ready") {
          this.state = "loaded";
          this.events.log("Info", `maind: data store ${this.dataStore} loaded by subdaemon ${this.pid}`);
          resolve();
        } else if (message.event === "failed") {
          failure = new TimesTenError(Number(message.code), String(message.message));
        } else if (message.event === "connections") {
          this.connections = Number(message.count);
          if (typeof message.token === "string") this.arrived(message.token);
          this.checkIdle();
        } else if (message.event === "replication") {
          this.events.onReplication(message.running === true);
        }
        return undefined;
      });
      let ended: () => void = () => undefined;
      this.exited = new Promise(done => (ended = done));
      child.on("exit", (code, signal) => {
        this.gone(code, signal);
        reject(failure ?? errors.terminated());
        ended();
      });
    });
  }

  private gone(code: number | null, signal: string | null): void {
    const expected = this.state === "unloading" && code === 0;
    const wasLoaded = this.state === "loaded";
    this.state = "unloaded";
    this.child = null;
    this.pid = 0;
    this.connections = 0;
    for (const { reject } of this.waiting.values()) reject(errors.terminated());
    this.waiting.clear();
    for (const timer of this.arriving.values()) clearTimeout(timer);
    this.arriving.clear();
    if (wasLoaded)
      this.events.log(
        "Err ",
        `maind: subdaemon of ${this.dataStore} terminated abnormally (${signal ?? `exit ${code}`}): data store invalidated`,
      );
    this.events.onExit(expected);
  }

  private answered(message: Message): void {
    const waiting = this.waiting.get(Number(message.id));
    this.waiting.delete(Number(message.id));
    const error = message.error as { code: number; message: string } | undefined;
    if (error === undefined) waiting?.resolve(message);
    else waiting?.reject(new TimesTenError(error.code, error.message));
  }

  /**
   * Asks the process.
   * @param timeoutMs bound of the wait
   * @throws TimesTenError its error, 994 when it dies first or does not answer
   */
  request(request: Request, timeoutMs: number): Promise<Message> {
    const child = this.child;
    if (child === null || !child.connected) return Promise.reject(errors.terminated());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new TimesTenError(994, `subdaemon ${this.pid} does not answer`));
      }, timeoutMs);
      this.waiting.set(id, {
        resolve: answer => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: error => {
          clearTimeout(timer);
          reject(error);
        },
      });
      child.send({ id, ...request }, error => {
        if (error !== null) this.waiting.get(id)?.reject(errors.terminated());
      });
    });
  }

  async describe(): Promise<DatabaseStatus | null> {
    if (this.state !== "loaded") return null;
    try {
      return (await this.request({ op: "describe" }, 1000)) as unknown as DatabaseStatus;
    } catch {
      return null;
    }
  }

  /** Keeps the database loaded until a connection with this token has arrived, or a few seconds. */
  expect(): string {
    const token = String(this.nextToken++);
    this.arriving.set(
      token,
      setTimeout(() => this.arrived(token), arrivalMs),
    );
    return token;
  }

  private arrived(token: string): void {
    clearTimeout(this.arriving.get(token));
    if (this.arriving.delete(token)) this.checkIdle();
  }

  private checkIdle(): void {
    if (this.state === "loaded" && this.connections === 0 && this.arriving.size === 0) this.events.onIdle();
  }

  /** Final checkpoint and end of the process. @throws TimesTenError */
  async unload(): Promise<void> {
    if (this.state !== "loaded") return this.exited;
    this.state = "unloading";
    const child = this.child;
    try {
      await this.request({ op: "unload" }, 60_000);
    } catch (error) {
      child?.kill("SIGKILL");
      await this.exited;
      throw error;
    }
    return this.exited;
  }

  /** Sudden end, as on `ttDaemonAdmin -stop -force`. */
  async kill(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.exited;
  }
}
