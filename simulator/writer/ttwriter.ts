/**
 * `ttwriter`: a client that commits increasing ids all the time, reconnects through the host name whenever the
 * connection ends, writes down what was acknowledged, and counts afterwards how much of it is there. A commit without
 * an answer counts neither as acknowledged nor as lost.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { connectClient, type Client, type ClientOptions } from "../client/client";
import { parseArguments, UsageError } from "../shared/args";
import { complain, print } from "../utilities/context";

const USAGE = `usage: ttwriter --host HOST --dsn DSN --uid USER --pwd-file FILE --table OWNER.TABLE
                [--port 6625] [--interval-ms 5] [--retry-ms 10] [--first-id 1] [--duration-s N]
                [--ack-log FILE] [--stop-file FILE]
       ttwriter --verify --host HOST --dsn DSN --uid USER --pwd-file FILE --table OWNER.TABLE --ack-log FILE

The table's first column is a number and its key. Prints one JSON object a line: {"event":"refused",...} when a commit
fails after one that went through, {"event":"gap",...} when commits go through again after an outage of more than
100 ms, {"event":"progress",...} every second, {"event":"summary",...} at the end (SIGTERM, --duration-s or when the
stop file exists); with --verify {"acked":N,"lost":N,"lostIds":[...]}. A line of the log of acknowledgements is
"<id> <sent> <acknowledged>", times in ms since 1970.`;

/** A connection that does not come about, or a commit that is not answered, is given up after this long, ms. */
const CONNECT_TIMEOUT_MS = 250;
const COMMIT_TIMEOUT_MS = 2_000;
/** Between two attempts to connect unless told otherwise, ms. */
const RECONNECT_MS = 10;
/** Shorter outages are not told. */
const GAP_MS = 100;
const PROGRESS_MS = 1_000;

interface Settings {
  client: ClientOptions;
  table: string;
  intervalMs: number;
  retryMs: number;
  firstId: number;
  durationMs: number;
  ackLog: string | null;
  stopFile: string | null;
}

/** @param argv arguments behind the program's name. @returns exit code */
export async function ttwriter(argv: string[]): Promise<number> {
  try {
    const flags = ["verify", "help"];
    const names = [
      "host",
      "port",
      "dsn",
      "uid",
      "pwd-file",
      "table",
      "interval-ms",
      "retry-ms",
      "first-id",
      "duration-s",
      "ack-log",
      "stop-file",
    ];
    const { flags: given, values } = parseArguments(argv, flags, names);
    if (given.has("help")) {
      print(USAGE);
      return 0;
    }
    const settings = settingsOf(values);
    return given.has("verify") ? await verify(settings) : await write(settings);
  } catch (error) {
    complain(`ttwriter: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UsageError) complain(USAGE);
    return error instanceof UsageError ? 255 : 1;
  }
}

function settingsOf(values: Map<string, string>): Settings {
  const need = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new UsageError(`--${name} is needed`);
    return value;
  };
  const number = (name: string, fallback: number): number => {
    const value = Number(values.get(name) ?? fallback);
    if (!Number.isFinite(value) || value < 0) throw new UsageError(`--${name} must be a number`);
    return value;
  };
  const table = need("table");
  if (!/^[a-z_]\w*(\.[a-z_]\w*)?$/i.test(table)) throw new UsageError("--table must be OWNER.TABLE");
  return {
    client: {
      host: need("host"),
      port: number("port", 6625),
      dsn: need("dsn"),
      uid: need("uid"),
      pwd: readFileSync(need("pwd-file"), "utf8").trim(),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    },
    table,
    intervalMs: number("interval-ms", 5),
    retryMs: number("retry-ms", RECONNECT_MS),
    firstId: number("first-id", 1),
    durationMs: number("duration-s", 0) * 1_000,
    ackLog: values.get("ack-log") ?? null,
    stopFile: values.get("stop-file") ?? null,
  };
}

/** Commits until told to stop. */
async function write(settings: Settings): Promise<number> {
  const run = new Run(settings);
  process.once("SIGTERM", () => run.stop());
  process.once("SIGINT", () => run.stop());
  await run.toTheEnd();
  return 0;
}

/** One run of the writer: where it is, and what it has seen. */
class Run {
  private stopping = false;
  private client: Client | null = null;
  private id: number;
  private acked = 0;
  private errors = 0;
  private lastAckMs = 0;
  private lastError = "";
  private readonly gaps: { fromMs: number; toMs: number; error: string }[] = [];
  private readonly log: number | null;
  private readonly startedMs = Date.now();
  private toldMs = 0;

  constructor(private readonly settings: Settings) {
    this.log = settings.ackLog === null ? null : openSync(settings.ackLog, "a", 0o600);
    // Above every id of a former run with the same log.
    const last = settings.ackLog === null ? undefined : readAcks(settings.ackLog).at(-1);
    this.id = last === undefined ? settings.firstId - 1 : last + 1_000_000;
  }

  stop(): void {
    this.stopping = true;
  }

  async toTheEnd(): Promise<void> {
    while (!this.mustEnd()) await this.once();
    this.client?.close();
    if (this.log !== null) closeSync(this.log);
    const maxGapMs = Math.max(0, ...this.gaps.map(gap => gap.toMs - gap.fromMs));
    print(
      JSON.stringify({ event: "summary", acked: this.acked, errors: this.errors, maxGapMs, gaps: this.gaps }),
    );
  }

  private mustEnd(): boolean {
    const { durationMs, stopFile } = this.settings;
    if (durationMs > 0 && Date.now() - this.startedMs > durationMs) return true;
    return this.stopping || (stopFile !== null && existsSync(stopFile));
  }

  /** One attempt at one commit. Ids are never used twice: an unanswered commit may be there. */
  private async once(): Promise<void> {
    try {
      this.client ??= await connectClient(this.settings.client);
      this.id += 1;
      const sentMs = Date.now();
      await this.client.execute(
        `insert into ${this.settings.table} values (?)`,
        [this.id],
        COMMIT_TIMEOUT_MS,
      );
      this.acknowledged(this.id, sentMs);
      if (this.settings.intervalMs > 0) await delay(this.settings.intervalMs);
    } catch (error) {
      this.errors += 1;
      const isFirst = this.lastError === "" && this.lastAckMs > 0;
      this.lastError = error instanceof Error ? error.message : String(error);
      if (isFirst) print(JSON.stringify({ event: "refused", atMs: Date.now(), error: this.lastError }));
      this.client?.close();
      this.client = null;
      await delay(this.settings.retryMs);
    }
  }

  private acknowledged(id: number, sentMs: number): void {
    const now = Date.now();
    if (this.log !== null) writeSync(this.log, `${id} ${sentMs} ${now}\n`);
    if (this.lastAckMs > 0 && now - this.lastAckMs > GAP_MS) {
      const gap = { fromMs: this.lastAckMs, toMs: now, error: this.lastError };
      this.gaps.push(gap);
      print(JSON.stringify({ event: "gap", ms: gap.toMs - gap.fromMs, ...gap }));
    }
    this.acked += 1;
    this.lastAckMs = now;
    this.lastError = "";
    if (now - this.toldMs < PROGRESS_MS) return;
    this.toldMs = now;
    print(JSON.stringify({ event: "progress", atMs: now, acked: this.acked, errors: this.errors, id }));
  }
}

/** Compares the log of acknowledgements with the table. */
async function verify(settings: Settings): Promise<number> {
  if (settings.ackLog === null) throw new UsageError("--verify needs --ack-log");
  const acks = readAcks(settings.ackLog);
  const client = await connectClient({ ...settings.client, connectTimeoutMs: 10_000 });
  try {
    const { rows } = await client.execute(`select * from ${settings.table}`, [], 60_000);
    const there = new Set(rows.map(row => Number(row[0])));
    const lostIds = acks.filter(id => !there.has(id));
    print(JSON.stringify({ acked: acks.length, lost: lostIds.length, lostIds: lostIds.slice(0, 20) }));
    return 0;
  } finally {
    client.close();
  }
}

function readAcks(file: string): number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(line => line !== "")
    .map(line => Number(line.split(" ", 1)[0]));
}
