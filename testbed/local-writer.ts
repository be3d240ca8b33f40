/**
 * A client inside a pod of the pair, connected to that pod's database and to no other: it shows when exactly this
 * database took commits, also while nobody outside can reach it. It runs in the container daemonlog, which outlives tt,
 * and writes its log to the pod's volume, which outlives the pod.
 */
import { parseAcks, type Commit } from "./history";
import { until, type Kubectl } from "./kubectl";

const FOLDER = "/tt/localwriter";
const PROGRAM = "/usr/local/lib/timesten-simulator/simulator.cjs";
const CONTAINER = "daemonlog";

export interface LocalWriterOptions {
  table?: string;
  uid?: string;
  password?: string;
  intervalMs?: number;
}

/**
 * Starts it unless it runs already; on a standby it is refused until that one becomes the active.
 * @param name of the pair: its database
 */
export async function startLocalWriter(
  k: Kubectl,
  name: string,
  pod: string,
  options: LocalWriterOptions = {},
): Promise<void> {
  const { table = "appuser.ticks", uid = "appuser", password = "appuserpwd", intervalMs = 20 } = options;
  // Ids of their own for each pod: far above those of clients outside.
  const firstId = (Number(pod.split("-").at(-1)) + 1) * 1e12;
  const target = `--host 127.0.0.1 --dsn ${name} --uid ${uid} --pwd-file ${FOLDER}/pwd --table ${table}`;
  const times = `--interval-ms ${intervalMs} --retry-ms 25 --first-id ${firstId}`;
  const logs = `--ack-log ${FOLDER}/acks`;
  // The program's name is put together: the shell must not find itself.
  const script = [
    "set -e; w=ttwriter",
    "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q '[t]twriter --host 127' && exit 0; done",
    `mkdir -p ${FOLDER}; cd ${FOLDER}; umask 077; cat >pwd; touch acks`,
    `setsid node ${PROGRAM} $w ${target} ${times} ${logs} >>out 2>&1 </dev/null &`,
  ].join("\n");
  await until(`a local writer in ${pod}`, 30_000, async () => {
    await k.exec(pod, CONTAINER, ["sh", "-c", script], { input: password });
    return true;
  });
}

/** @returns the commits that this pod's database took from its local writer, oldest first */
export async function localCommits(k: Kubectl, pod: string): Promise<Commit[]> {
  return parseAcks(pod, await k.exec(pod, CONTAINER, ["cat", `${FOLDER}/acks`]));
}
