/** ttStatus: the report on daemon and databases. */
import type { ConnectionInfo } from "../engine/connections";
import type { DatabaseReport } from "../daemon/databases";
import { parseArguments } from "../shared/args";
import { askDaemon, guarded, print } from "./context";

const rule = "-".repeat(72);

/** Threads that TimesTen shows as connections of the subdaemon, with their usual numbers. */
const subdaemonThreads: [string, number][] = [
  ["Manager", 2047],
  ["Rollback", 2046],
  ["Flusher", 2045],
  ["Monitor", 2044],
  ["Deadlock Detector", 2043],
  ["Checkpoint", 2042],
  ["Log Marker", 2040],
  ["Garbage Collector", 2036],
];

/** The same for a running replication agent. */
const replicationThreads: [string, number][] = [
  ["LOGFORCE", 1],
  ["REPHOLD", 2],
  ["REPLISTENER", 3],
  ["TRANSMITTER", 4],
];

function connectionLine(type: string, pid: number, name: string, id: number): string {
  const context = `0x${(0x7f2de8020000 + pid * 4096 + id).toString(16).padStart(16, "0")}`;
  return `${type.padEnd(15)} ${String(pid).padEnd(7)} ${context}  ${name.padEnd(27)} ${String(id).padStart(6)}`;
}

function connectionLines(connections: ConnectionInfo[], pid: number, replication: boolean): string[] {
  const users = connections.map(({ id, pid: owner, name, server }) =>
    connectionLine(server ? "Server" : "Process", owner, name, id),
  );
  const agent = replication
    ? replicationThreads.map(([name, id]) => connectionLine("Replication", pid, name, 1000 + id))
    : [];
  return [
    ...users,
    ...agent,
    ...subdaemonThreads.map(([name, id]) => connectionLine("Subdaemon", pid, name, id)),
  ];
}

const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

function databaseLines({ dataStore, policies, status, loadState }: DatabaseReport): string[] {
  const lines = [`Data store ${dataStore}`];
  if (status === null) {
    lines.push("There are no connections to the data store");
    if (loadState === "loading" || loadState === "unloading") lines.push(`Data store is ${loadState}`);
    if (loadState === "loaded") lines.push("Data store does not answer");
  } else {
    const list = connectionLines(status.connections, status.pid, status.replicationRunning);
    lines.push(`There are ${list.length} connections to the data store`, "Shared Memory KEY 0x02011c82 ID 2");
    lines.push("PL/SQL Memory KEY 0x03011c82 ID 3 Address 0x5000000000");
    lines.push("Type            PID     Context             Connection Name              ConnID", ...list);
  }
  if (policies.ramPolicy !== "inUse") lines.push(`RAM residence policy: ${capitalised(policies.ramPolicy)}`);
  if (policies.ramPolicy === "manual")
    lines.push(`Data store is ${policies.manuallyLoaded ? "" : "not "}manually loaded into RAM`);
  lines.push(policies.open ? "Open for user connections" : "Closed to user connections");
  lines.push(`Replication policy  : ${capitalised(policies.repPolicy)}`);
  if (status?.replicationRunning === true) lines.push("Replication agent is running.");
  lines.push(`Cache Agent policy  : ${capitalised(policies.cachePolicy)}`, "PL/SQL enabled.");
  return lines;
}

/** Entry. */
export function ttStatus(argv: string[]): Promise<number> {
  return guarded("ttStatus", async instance => {
    const { flags, values, rest } = parseArguments(argv, ["v", "h", "help", "nopretty"], ["connstr"]);
    const report = await askDaemon(instance, { op: "status" }, 10_000);
    const wanted = values.get("connstr") ?? rest.at(-1);
    const server = report.server as { pid: number; port: number } | null;
    const now = new Date();
    const clock = `${now.toString().slice(0, 3)} ${now.toString().slice(4, 7)} ${String(now.getDate()).padStart(2)} ${now.toTimeString().slice(0, 8)} ${now.getFullYear()}`;
    print(`TimesTen status report as of ${clock}`);
    print();
    const head = [
      `Daemon pid ${String(report.pid)} port ${String(report.port)} instance ${String(report.instance)}`,
    ];
    if (server !== null) head.push(`TimesTen server pid ${server.pid} started on port ${server.port}`);
    head.forEach(line => print(line));
    if (flags.has("v")) print(`TimesTen Release ${instance.release}`);
    print(rule);
    for (const database of report.databases as DatabaseReport[]) {
      if (wanted !== undefined && database.dsn.toLowerCase() !== wanted.replace(/^dsn=/i, "").toLowerCase())
        continue;
      databaseLines(database).forEach(line => print(line));
      print(rule);
    }
    print(`Accessible by group ${String(report.group)}`);
    print("End of report");
    return 0;
  });
}
