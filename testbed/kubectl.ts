/** The user's own tool as a typed helper: what demo, tests and benchmarks do to a cluster, a person could type. */
import { join } from "node:path";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** kubectl ended with an error; `message` carries what it printed. */
export class KubectlError extends Error {
  constructor(
    readonly args: readonly string[],
    readonly code: number | null,
    readonly stderr: string,
  ) {
    super(`kubectl ${args.join(" ")}: ${stderr.trim() || `exit code ${code}`}`);
    this.name = "KubectlError";
  }
}

export interface RunOptions {
  /** Given on standard input. */
  input?: string;
  /** Gives up after this long, ms; default one minute. */
  timeoutMs?: number;
}

/** What any API object has; the rest is the caller's knowledge. */
export interface AnyObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    creationTimestamp: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
  };
}

/** kubectl bound to one cluster and one namespace. */
export class Kubectl {
  constructor(
    /** Path of the kubectl program. */
    readonly program: string,
    readonly kubeconfig: string,
    readonly namespace = "default",
  ) {}

  /** @returns the same cluster in another namespace */
  in(namespace: string): Kubectl {
    return new Kubectl(this.program, this.kubeconfig, namespace);
  }

  /**
   * @returns what it printed on standard output
   * @throws KubectlError
   */
  run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.program,
        this.#full(args),
        { timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 * 1024, killSignal: "SIGKILL" },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else
            reject(
              new KubectlError(
                args,
                typeof error.code === "number" ? error.code : null,
                stderr || error.message,
              ),
            );
        },
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(options.input ?? "");
    });
  }

  /** A long-running kubectl (`get -w`, `logs -f`), its output line by line. */
  stream(args: readonly string[], onLine: (line: string) => void): ChildProcess {
    const child = spawn(this.program, this.#full(args), { stdio: ["ignore", "pipe", "ignore"] });
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(onLine);
    });
    return child;
  }

  async apply(yaml: string, args: readonly string[] = []): Promise<string> {
    return this.run(["apply", ...args, "-f", "-"], { input: yaml });
  }

  /** @returns the object, or null when there is none of that name */
  async get<T extends AnyObject>(kind: string, name: string): Promise<T | null> {
    const text = await this.run(["get", kind, name, "-o", "json", "--ignore-not-found"]);
    return text.trim() === "" ? null : (JSON.parse(text) as T);
  }

  async list<T extends AnyObject>(kind: string, args: readonly string[] = []): Promise<T[]> {
    return (JSON.parse(await this.run(["get", kind, "-o", "json", ...args])) as { items: T[] }).items;
  }

  async exec(
    pod: string,
    container: string,
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<string> {
    return this.run(
      ["exec", ...(options.input === undefined ? [] : ["-i"]), pod, "-c", container, "--", ...command],
      options,
    );
  }

  #full(args: readonly string[]): string[] {
    return ["--kubeconfig", this.kubeconfig, "--namespace", this.namespace, ...args];
  }
}

/**
 * Asks again and again until the answer is there.
 * @param probe returns undefined as long as it is not; what it throws is remembered and tried again
 * @throws when `timeoutMs` is over, with `what` and the last error or state
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined>,
  options: { everyMs?: number; state?: () => Promise<string> } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last = "";
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      last = "";
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > end) {
      const state = await options.state?.().catch(String);
      throw new Error(
        `${what}: not within ${timeoutMs / 1000} s${last && `; ${last}`}${state ? `\n${state}` : ""}`,
      );
    }
    await delay(options.everyMs ?? 100);
  }
}

const CRD = "crd/timestenclassics.timesten.oracle.com";

/**
 * Applies crds/ and waits until the API server takes objects of the kind.
 *
 * @param root of the checkout
 */
export async function applyCrd(k: Kubectl, root: string): Promise<void> {
  await k.run(["apply", "--server-side", "-f", join(root, "crds")]);
  // Right after the CRD is made `kubectl wait` finds no conditions, and fails.
  await until("the CRD is established", 30_000, async () => {
    await k.run(["wait", "--for=condition=Established", CRD, "--timeout=10s"]);
    return true;
  });
}
