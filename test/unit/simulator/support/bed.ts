/** Simulated instances on loopback addresses of their own, as real processes in a temporary directory. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "esbuild";
import { connectClient, type Client } from "../../../../simulator/client/client";
import { makeTree } from "../../../../simulator/distribution/make";
import type { Value } from "../../../../simulator/engine/records";
import { loadInstance } from "../../../../simulator/shared/instance";
import { openConnection, type IsqlConnection } from "../../../../simulator/utilities/isql/connection";

export const RELEASE = "18.1.4.4.0";

/** What a utility left behind. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** @returns path of ttsim, built where it is not yet */
function launcher(): string {
  const script = join(__dirname, "../../../../scripts/build-go.sh");
  return execFileSync(script, ["simulator/launcher", "ttsim"], { encoding: "utf8" }).trim();
}

/** Asks again and again until there is a value; fails with the last complaint when the time is over. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T> | T,
  within = 15_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + within;
  let complaint: unknown = "no value";
  while (Date.now() < end) {
    try {
      const value = await look();
      if (value !== undefined && value !== null && value !== false) return value;
    } catch (error) {
      complaint = error;
    }
    await delay(15);
  }
  throw new Error(`${what} did not come about: ${String(complaint)}`);
}

/** @returns whether the process exists and is no zombie */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** A connection as the instance administrator. */
export interface Admin {
  rows(sql: string): Promise<Value[][]>;
  run(...statements: string[]): Promise<void>;
  autocommit(on: boolean): Promise<void>;
  close(): void;
}

function adminOver({ caller }: IsqlConnection): Admin {
  return {
    rows: async sql => ((await caller.call({ op: "execute", sql })).rows ?? []) as Value[][],
    run: async (...statements) => {
      for (const sql of statements) await caller.call({ op: "execute", sql });
    },
    autocommit: async on => void (await caller.call({ op: "autocommit", on })),
    close: () => caller.socket.destroy(),
  };
}

export class Host {
  readonly home: string;
  readonly dataStore: string;
  private readonly admins: Admin[] = [];

  constructor(
    readonly folder: string,
    readonly address: string,
    readonly installation: string,
  ) {
    this.home = join(folder, "instance1");
    this.dataStore = join(folder, "datastore", "sample");
  }

  private env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      TT_SIM_NODE: process.execPath,
      TT_SIM_LISTEN: this.address,
      TT_SIM_HOST: this.address,
      TIMESTEN_HOME: this.home,
    };
  }

  /** Starts a utility and leaves it running. */
  start(utility: string, args: string[] = []): ChildProcessWithoutNullStreams {
    const directory = utility === "ttInstanceCreate" ? this.installation : this.home;
    return spawn(join(directory, "bin", utility), args, { env: this.env(), stdio: "pipe" });
  }

  /** Runs a utility to its end. */
  run(utility: string, args: string[] = [], input = ""): Promise<Outcome> {
    const child = this.start(utility, args);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", chunk => (stdout += String(chunk)));
    child.stderr.on("data", chunk => (stderr += String(chunk)));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", code => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }

  /** Runs a utility that must succeed. @returns what it printed */
  async ok(utility: string, args: string[] = [], input = ""): Promise<string> {
    const { code, stdout, stderr } = await this.run(utility, args, input);
    if (code !== 0) throw new Error(`${utility} ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Makes the instance and its data source. @param attributes more lines of the DSN */
  async create(attributes: Record<string, string> = {}): Promise<string> {
    const text = await this.ok("ttInstanceCreate", ["-name", "instance1", "-location", this.folder]);
    mkdirSync(join(this.folder, "datastore"), { recursive: true });
    const lines = Object.entries({
      DataStore: this.dataStore,
      PermSize: "200",
      DatabaseCharacterSet: "AL32UTF8",
      DDLReplicationLevel: "3",
      ForceDisconnectEnabled: "1",
      ...attributes,
    }).map(([name, value]) => `${name}=${value}`);
    appendFileSync(join(this.home, "conf", "sys.odbc.ini"), `[sample]\n${lines.join("\n")}\n`);
    return text;
  }

  /** Starts the daemon, makes the database, and loads it under RAM policy manual. */
  async load(attributes: Record<string, string> = {}): Promise<void> {
    await this.create(attributes);
    await this.ok("ttDaemonAdmin", ["-start"]);
    const first = await this.admin();
    first.close();
    await this.ok("ttAdmin", ["-ramPolicy", "manual", "sample"]);
    await this.ok("ttAdmin", ["-ramLoad", "sample"]);
  }

  /** Connects as the instance administrator, without a utility in between. */
  async admin(connectionString = "sample"): Promise<Admin> {
    const admin = adminOver(await openConnection(loadInstance(this.home), connectionString, async () => ""));
    this.admins.push(admin);
    return admin;
  }

  /** Connects as a client through port 6625. */
  client(uid: string, pwd: string): Promise<Client> {
    return connectClient({ host: this.address, dsn: "sample", uid, pwd });
  }

  /** Pids by the word that ttStatus puts in front. */
  async pids(): Promise<{ daemon: number; subdaemon: number }> {
    const status = await this.ok("ttStatus");
    return {
      daemon: Number(/^Daemon pid (\d+)/m.exec(status)?.[1] ?? 0),
      subdaemon: Number(/^Subdaemon\s+(\d+)/m.exec(status)?.[1] ?? 0),
    };
  }

  /** Kills a process and waits until it is gone. */
  async kill(pid: number): Promise<void> {
    process.kill(pid, "SIGKILL");
    await eventually(`end of process ${pid}`, () => !isAlive(pid));
  }

  async state(): Promise<string> {
    const admin = await this.admin();
    try {
      const state = (await admin.rows("call ttRepStateGet"))[0]?.[0];
      return typeof state === "string" ? state : "";
    } finally {
      admin.close();
    }
  }

  messages(): string {
    return readFileSync(join(this.home, "diag", "ttmesg.log"), "utf8");
  }

  /** Ends everything of this host at once. */
  end(): void {
    for (const admin of this.admins) admin.close();
    try {
      process.kill(Number(readFileSync(join(this.home, "info", "timestend.pid"), "utf8")), "SIGKILL");
    } catch {
      // Nothing runs.
    }
  }
}

export class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), "tts-"));
  private readonly hosts: Host[] = [];
  private readonly net = [1, 2].map(() => 1 + Math.floor(Math.random() * 250)).join(".");
  private bundle: Promise<string> | null = null;

  /** @returns the bundled program */
  program(): Promise<string> {
    this.bundle ??= (async () => {
      const outfile = join(this.folder, "simulator.cjs");
      const entry = join(__dirname, "../../../../simulator/main.ts");
      await build({
        entryPoints: [entry],
        outfile,
        bundle: true,
        platform: "node",
        format: "cjs",
        target: "node22",
        logLevel: "error",
      });
      return outfile;
    })();
    return this.bundle;
  }

  /** @returns directory of an installation of that release */
  async installation(release: string): Promise<string> {
    return makeTree(release, this.folder, await this.program(), { launcher: launcher() });
  }

  /** A host with an installation and nothing else. */
  async host(release = RELEASE): Promise<Host> {
    const number = this.hosts.length + 1;
    const host = new Host(
      join(this.folder, `h${number}`),
      `127.${this.net}.${number}`,
      await this.installation(release),
    );
    mkdirSync(host.folder, { recursive: true });
    this.hosts.push(host);
    return host;
  }

  /** Ends all processes and removes all files. */
  async end(): Promise<void> {
    for (const host of this.hosts) host.end();
    await eventually("removal of the files", () => {
      rmSync(this.folder, { recursive: true, force: true });
      return true;
    });
  }
}

/** Users and a table as most tests want them. */
export const SCHEMA = [
  "create user app identified by 'secret'",
  "grant create session, create table, create sequence to app",
  "create user ttagent identified by 'agentpw'",
  "grant admin to ttagent",
  "create table app.t (k number not null primary key, v varchar2(40))",
];

/** CREATE ACTIVE STANDBY PAIR over two hosts. */
export function pairStatement(first: Host, second: Host, service = "NO RETURN", store = ""): string {
  const named = (host: Host): string => `"sample" on "${host.address}"`;
  const attributes = (host: Host): string => `store ${named(host)} PORT 4444 FAILTHRESHOLD 0 ${store}`;
  return `create active standby pair ${named(first)}, ${named(second)} ${service} ${attributes(first)} ${attributes(second)}`;
}

/** A running pair: the first host ACTIVE, the second STANDBY. */
export async function makePair(
  bed: Bed,
  service = "NO RETURN",
  store = "",
  releases: [string, string] = [RELEASE, RELEASE],
): Promise<[Host, Host]> {
  const first = await bed.host(releases[0]);
  const second = await bed.host(releases[1]);
  await Promise.all([first.load(), second.create().then(() => second.ok("ttDaemonAdmin", ["-start"]))]);
  const admin = await first.admin();
  await admin.run(
    ...SCHEMA,
    pairStatement(first, second, service, store),
    "call ttRepStateSet('ACTIVE')",
    "call ttRepStart",
  );
  admin.close();
  await joinAsStandby(second, first);
  return [first, second];
}

/** @returns arguments of ttRepAdmin that make a standby */
export function duplicateFrom(active: Host): string[] {
  return [
    "-duplicate",
    "-from",
    "sample",
    "-host",
    active.address,
    "-uid",
    "ttagent",
    "-setMasterRepStart",
    "-ramLoad",
    "dsn=sample",
  ];
}

/** Duplicates from the active and starts replication. */
export async function joinAsStandby(host: Host, active: Host): Promise<void> {
  await host.ok("ttRepAdmin", duplicateFrom(active), "agentpw\n");
  const admin = await host.admin();
  await admin.run("call ttRepStart");
  await eventually("STANDBY", async () => (await admin.rows("call ttRepStateGet"))[0]?.[0] === "STANDBY");
  admin.close();
}

/** Writes a file of the test. */
export function put(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
