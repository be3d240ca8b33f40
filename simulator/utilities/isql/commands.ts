/** ttIsql's own commands and the running of statements. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Catalog } from "../../engine/catalog";
import { asTimesTenError, TimesTenError } from "../../shared/errors";
import type { Instance } from "../../shared/instance";
import type { Scheme } from "../../sql/scheme";
import { NoDaemon, principal, print } from "../context";
import { describeConnection, openConnection, type IsqlConnection } from "./connection";
import { counted, resultLines } from "./format";
import { firstWord, isLineCommand, Splitter } from "./splitter";

type Listing = Pick<Catalog, "tables" | "views" | "indexes" | "sequences"> & { scheme: Scheme | null };

const helpText = `Statements end with a semicolon. Commands of this ttIsql:
  tables; views; sequences; indexes; repschemes; cachegroups; describe <table>;
  autocommit on|off; commit; rollback; verbosity <0-4>;
  connect "<connection string>"; connect adding "<attributes>" as <name>; use <name>; disconnect;
  run <file>; host <command>; exit; quit;`;

/** Runs a command of the operating system; what it prints is printed here. */
async function shell(command: string): Promise<void> {
  const { out, err, cwd } = principal();
  const child = spawn("/bin/sh", ["-c", command], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", chunk => out(String(chunk)));
  child.stderr.on("data", chunk => err(String(chunk)));
  await once(child, "close");
}

/** A ttIsql session. */
export class Isql {
  /** Set when the session is to end. */
  finished = false;
  /** Commands that failed. */
  failures = 0;
  private readonly connections = new Map<string, IsqlConnection>();
  private current = "con1";

  constructor(
    private readonly instance: Instance,
    public verbosity: number,
    private readonly askPassword: (user: string) => Promise<string>,
  ) {}

  private connection(): IsqlConnection {
    const connection = this.connections.get(this.current);
    if (connection === undefined) throw new TimesTenError(12, "Not connected to a data source");
    return connection;
  }

  /** Connects under a name. @returns whether it worked */
  async connect(given: string, name = "con1"): Promise<boolean> {
    const text = given.includes("=") ? given : `DSN=${given}`;
    if (this.verbosity >= 2) print(`connect "${text.replace(/pwd=[^;]*/gi, "PWD=********")}";`);
    return this.guard(async () => {
      const connection = await openConnection(this.instance, text, this.askPassword);
      this.connections.get(name)?.caller.close();
      this.connections.set(name, connection);
      this.current = name;
      if (this.verbosity >= 2) {
        print(`Connection successful: ${describeConnection(connection)}`);
        print("(Default setting AutoCommit=1)");
      }
    });
  }

  private async guard(body: () => Promise<void>): Promise<boolean> {
    try {
      await body();
      return true;
    } catch (error) {
      this.failures += 1;
      const known =
        error instanceof NoDaemon
          ? new TimesTenError(799, "Unable to connect to daemon; check daemon status")
          : asTimesTenError(error);
      print(known.line());
      print("The command failed.");
      return false;
    }
  }

  /** Carries out one command. */
  async run(command: string): Promise<void> {
    await this.guard(() => (isLineCommand(command) ? this.own(command) : this.statement(command)));
  }

  private async statement(sql: string): Promise<void> {
    const result = await this.connection().caller.call({ op: "execute", sql });
    for (const line of resultLines(result, this.verbosity)) print(line);
  }

  private async own(command: string): Promise<void> {
    const word = firstWord(command);
    const rest = command.trim().slice(word.length).trim();
    switch (word) {
      case "exit":
      case "quit":
        this.finished = true;
        return;
      case "help":
      case "?":
        return print(helpText);
      case "autocommit":
        return this.autocommit(rest);
      case "commit":
      case "rollback":
        await this.connection().caller.call({ op: word });
        return;
      case "verbosity":
        this.verbosity = rest === "" ? this.verbosity : Number(rest);
        return rest === "" ? print(`The verbosity level is ${this.verbosity}.`) : undefined;
      case "connect":
        return this.connectCommand(rest);
      case "use":
        if (!this.connections.has(rest)) throw new TimesTenError(12, `There is no connection ${rest}`);
        this.current = rest;
        return;
      case "disconnect":
        this.connection().caller.close();
        this.connections.delete(this.current);
        return print("Disconnecting...");
      case "host":
      case "!":
        return shell(rest);
      case "run":
      case "start":
      case "@":
        return this.file(rest.replace(/^["']|["']$/g, ""));
      case "prompt":
        return;
      default:
        return this.list(word, rest);
    }
  }

  private async autocommit(word: string): Promise<void> {
    const connection = this.connection();
    if (word === "") return print(`autocommit = ${connection.autocommit ? "1 (ON)" : "0 (OFF)"}`);
    connection.autocommit = /^(=\s*)?(1|on)$/i.test(word);
    await connection.caller.call({ op: "autocommit", on: connection.autocommit });
  }

  private async connectCommand(rest: string): Promise<void> {
    const match =
      /^(adding\s+)?"([^"]*)"(?:\s+as\s+(\w+))?$/i.exec(rest) ??
      /^(adding\s+)?(\S+)(?:\s+as\s+(\w+))?$/i.exec(rest);
    if (match === null) throw new TimesTenError(1001, 'connect "DSN=..." is needed');
    const base = match[1] === undefined ? "" : `DSN=${this.connection().target.dsn};`;
    const failed = !(await this.connect(`${base}${match[2] ?? ""}`, match[3] ?? "con1"));
    if (failed) this.failures -= 1;
  }

  /** Runs a file of commands. */
  async file(path: string): Promise<void> {
    const splitter = new Splitter();
    const lines = readFileSync(resolve(principal().cwd, path), "utf8").split(/\r?\n/);
    const commands = lines.flatMap(line => splitter.line(line));
    for (const command of [...commands, ...splitter.end()]) {
      if (this.finished) return;
      if (this.verbosity >= 2) print(`\n${command};`);
      await this.run(command);
    }
  }

  private async list(word: string, name: string): Promise<void> {
    if (word === "cachegroups") return print("\n0 cache groups found.");
    const listing = (await this.connection().caller.call({ op: "catalog" })) as unknown as Listing;
    const names = (record: Record<string, unknown>): string[] =>
      Object.keys(record).filter(key => !/^(SYS|TTREP)\./.test(key));
    const show = (found: string[], what: string): void => {
      found.sort().forEach(entry => print(`  ${entry}`));
      print(counted(found.length, what, "found"));
    };
    if (word === "tables" || word === "alltables") return show(names(listing.tables), "table");
    if (word === "views") return show(names(listing.views), "view");
    if (word === "sequences") return show(names(listing.sequences), "sequence");
    if (word === "indexes")
      return print(counted(names(listing.indexes).length, "index", "found").replace("indexs", "indexes"));
    if (word === "repschemes" || word === "allrepschemes") return this.schemes(listing.scheme);
    if (word === "describe" || word === "desc") return this.describe(listing, name);
    return undefined;
  }

  private schemes(scheme: Scheme | null): void {
    if (scheme !== null) {
      print("\nReplication Scheme Active Standby:\n");
      for (const store of scheme.masters)
        print(`  Master Store: ${store.database.toUpperCase()} on ${store.host.toUpperCase()}`);
      for (const store of scheme.subscribers)
        print(`  Subscriber Store: ${store.database.toUpperCase()} on ${store.host.toUpperCase()}`);
      const service = { none: "no return", receipt: "return receipt", twosafe: "return twosafe" }[
        scheme.returnService
      ];
      print(`\n  Return service: ${service}${scheme.byRequest ? " by request" : ""}`);
      print(
        `  Excluded Tables:\n    ${scheme.exclude.length === 0 ? "None" : scheme.exclude.join("\n    ")}\n`,
      );
    }
    print(counted(scheme === null ? 0 : 1, "replication scheme", "found"));
  }

  private describe(listing: Listing, name: string): void {
    const wanted = name.toUpperCase().replaceAll('"', "");
    const found = Object.entries(listing.tables).filter(
      ([key]) => key === wanted || key.endsWith(`.${wanted}`),
    );
    for (const [key, table] of found) {
      print(`\nTable ${key}:\n  Columns:`);
      for (const column of table.columns) {
        const star = table.primaryKey.includes(column.name) ? "*" : " ";
        print(`   ${star}${column.name.padEnd(32)}${column.type}${column.nullable ? "" : " NOT NULL"}`);
      }
      print();
    }
    print(counted(found.length, "table", "found"));
    if (found.length > 0) print("(primary key columns are indicated with *)");
  }

  /** Cuts all connections, whatever they are at: nobody is there any more to hear of it. */
  abandon(): void {
    this.finished = true;
    for (const connection of this.connections.values()) connection.caller.socket.destroy();
  }

  /** Ends all connections. */
  close(): void {
    if (this.verbosity >= 2 && this.connections.size > 0) print("Disconnecting...");
    for (const connection of this.connections.values()) connection.caller.close();
    if (this.verbosity >= 2) print("Done.");
  }
}
