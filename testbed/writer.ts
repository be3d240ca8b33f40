/**
 * A client in a pod that commits all the time through `<name>-active`, keeps a log of what was acknowledged, and
 * counts afterwards what of it is there.
 */
import { until, type Kubectl } from "./kubectl";

/** An outage as the client saw it: last acknowledged commit before to first after, wall clock of its node, ms. */
export interface WriteGap {
  fromMs: number;
  toMs: number;
}

/** What was acknowledged, and how much of it is not in the database. */
export interface Verdict {
  acked: number;
  lost: number;
  lostIds: number[];
}

export interface Writer {
  pod: string;
  /** Number of commits acknowledged so far. */
  acked(): Promise<number>;
  /** Outages that ended after that moment. */
  gapsSince(wallMs: number): Promise<WriteGap[]>;
  /** Ends the writing and compares the acknowledgements with the active's table. */
  verify(): Promise<Verdict>;
  /** Removes the pod. */
  remove(): Promise<void>;
}

export interface WriterOptions {
  /** Table with a number as its key, owned by `uid`. */
  table?: string;
  uid?: string;
  password?: string;
  intervalMs?: number;
  /** Runs there, also when that node takes no other pods. */
  nodeName?: string;
}

const PROGRAM = ["node", "/usr/local/lib/timesten-simulator/simulator.cjs", "ttwriter"];

/**
 * Starts the writer for the pair of that name and waits for its first acknowledged commit.
 * @param image the simulator's image, which holds the client
 */
export async function startWriter(
  k: Kubectl,
  name: string,
  image: string,
  options: WriterOptions = {},
): Promise<Writer> {
  const pod = `${name}-writer`;
  const { table = "appuser.ticks", uid = "appuser", password = "appuserpwd", intervalMs = 5 } = options;
  const target = [
    "--host",
    `${name}-active`,
    "--dsn",
    name,
    "--uid",
    uid,
    "--pwd-file",
    "/w/pwd",
    "--table",
    table,
  ];
  await k.run(["delete", "pod", pod, "--ignore-not-found", "--force", "--grace-period=0"]);
  await k.apply(
    manifest(pod, image, { password, nodeName: options.nodeName }, [
      ...target,
      "--interval-ms",
      String(intervalMs),
      "--ack-log",
      "/w/acks",
      "--stop-file",
      "/w/stop",
    ]),
  );
  const writer = writerIn(k, pod, target);
  await until(`${pod} writes`, 60_000, async () => ((await writer.acked()) > 0 ? true : undefined), {
    state: () => k.run(["logs", pod, "--tail=20"]),
  });
  return writer;
}

function writerIn(k: Kubectl, pod: string, target: string[]): Writer {
  return {
    pod,
    acked: async () =>
      Number((await k.exec(pod, "writer", ["wc", "-l", "/w/acks"])).trim().split(/\s+/)[0] ?? 0),
    gapsSince: async wallMs => {
      const lines = (await k.run(["logs", pod])).split("\n").flatMap(jsonLine);
      return lines
        .filter(line => line["event"] === "gap")
        .map(line => ({ fromMs: Number(line["fromMs"]), toMs: Number(line["toMs"]) }))
        .filter(gap => gap.toMs >= wallMs);
    },
    verify: async () => {
      await k.exec(pod, "writer", ["touch", "/w/stop"]);
      await until(`${pod} ends writing`, 20_000, async () => {
        const lines = (await k.run(["logs", pod])).split("\n").flatMap(jsonLine);
        return lines.some(line => line["event"] === "summary") ? true : undefined;
      });
      const answer = await k.exec(pod, "writer", [...PROGRAM, "--verify", ...target, "--ack-log", "/w/acks"]);
      return JSON.parse(answer.trim().split("\n").at(-1) ?? "") as Verdict;
    },
    remove: async () => {
      await k.run(["delete", "pod", pod, "--ignore-not-found", "--force", "--grace-period=0"]);
    },
  };
}

function jsonLine(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? [value as Record<string, unknown>] : [];
  } catch {
    return [];
  }
}

/** After the end of writing the pod stays, so that it can count. */
function manifest(
  pod: string,
  image: string,
  { password, nodeName }: { password: string; nodeName: string | undefined },
  args: string[],
): string {
  const command = `umask 077; printf %s "$WRITER_PASSWORD" > /w/pwd; touch /w/acks; ${[...PROGRAM, ...args].join(" ")}; exec sleep 86400`;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: pod, labels: { "app.kubernetes.io/name": "ttwriter" } },
    spec: {
      terminationGracePeriodSeconds: 1,
      restartPolicy: "Never",
      ...(nodeName === undefined ? {} : { nodeName }),
      imagePullSecrets: [{ name: "sekret" }],
      volumes: [{ name: "w", emptyDir: {} }],
      containers: [
        {
          name: "writer",
          image,
          imagePullPolicy: "IfNotPresent",
          command: ["sh", "-c", command],
          env: [{ name: "WRITER_PASSWORD", value: password }],
          volumeMounts: [{ name: "w", mountPath: "/w" }],
        },
      ],
    },
  });
}
