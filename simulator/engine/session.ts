/** One connection: its user, its transaction, and how it runs statements. */
import { errors } from "../shared/errors";
import { isReplicated } from "../sql/scheme";
import { rewrite, type Names, type Rewritten } from "../sql/rewrite";
import { isOp, isWord, tokenize, type Token } from "../sql/tokens";
import { changeUsers, holds, resolveName } from "./catalog";
import type { Database, Transaction } from "./database";
import { define, definedTable, userChange } from "./definitions";
import type { Value } from "./records";
import { refreshSystemViews } from "./sysviews";

/** What a statement gave. */
export type Result =
  | { kind: "rows"; columns: string[]; rows: Value[][] }
  /** Rows changed by that verb ("inserted", "updated", "deleted"). */
  | { kind: "count"; verb: string; count: number }
  | { kind: "done" };

/** Runs a built-in procedure. */
export type Procedures = (session: Session, name: string, parameters: Value[]) => Promise<Result>;

/** Binds by position or by name. */
export type Binds = Value[] | Record<string, Value>;

const verbs: Record<string, string> = { INSERT: "inserted", UPDATE: "updated", DELETE: "deleted" };

interface Plan extends Rewritten {
  verb: string;
  version: number;
}

const planLimit = 200;

export class Session {
  autocommit = true;
  /** The other side has left: nothing new is begun for it. */
  gone = false;
  private transaction: Transaction | null = null;
  private readonly plans = new Map<string, Plan>();
  private readonly currentValues = new Map<string, string>();

  constructor(
    readonly database: Database,
    /** Schema of unqualified names, upper case. */
    readonly user: string,
    /** Instance administrator: every privilege. */
    readonly administrator: boolean,
    private readonly options: { lockWaitMs: number; durable: boolean },
    private readonly procedures: Procedures,
  ) {}

  /** Whether a transaction is open. */
  inTransaction(): boolean {
    return this.transaction !== null;
  }

  /** @throws TimesTenError 15100 */
  require(privilege: string): void {
    if (!this.administrator && !holds(this.database.catalog, this.user, privilege))
      throw errors.privilege(this.user, privilege);
  }

  /**
   * Runs one statement.
   * @throws TimesTenError
   */
  async execute(sql: string, binds: Binds = []): Promise<Result> {
    const key = `${this.user}\0${sql}`;
    const known = this.plans.get(key);
    if (known !== undefined && known.version === this.database.version) return this.runPlan(known, binds);
    const tokens = tokenize(sql);
    const first = tokens[0];
    if (first === undefined) return { kind: "done" };
    if (isWord(first, "SELECT", "WITH", "INSERT", "UPDATE", "DELETE")) return this.plan(key, tokens, binds);
    if (isWord(first, "CALL") || isOp(first, "{")) return this.call(tokens, binds);
    if (isWord(first, "COMMIT")) return this.commit();
    if (isWord(first, "ROLLBACK")) return this.rollback();
    if (isWord(first, "ALTER") && isWord(tokens[1], "SESSION")) return { kind: "done" };
    if (isWord(first, "MERGE", "BEGIN", "DECLARE")) throw errors.unsupported(first.text);
    if (isWord(tokens[1], "ACTIVE") && isWord(tokens[2], "STANDBY") && isWord(tokens[3], "PAIR")) {
      await this.commit();
      return this.procedures(this, `${first.text} ACTIVE STANDBY PAIR`, [sql]);
    }
    return this.definition(tokens, sql);
  }

  private async plan(key: string, tokens: Token[], binds: Binds): Promise<Result> {
    const verb = tokens[0]?.text ?? "";
    const opened = this.transaction === null;
    if (tokens.some(token => isWord(token, "NEXTVAL"))) await this.open();
    const fresh = refreshSystemViews(this.database, tokens);
    let plan: Plan;
    try {
      plan = { ...rewrite(tokens, this.names()), verb, version: this.database.version };
      this.checkPrivileges(plan);
    } catch (error) {
      if (opened) await this.rollback();
      throw error;
    }
    if (fresh) plan.volatile = true;
    if (!plan.volatile) {
      if (this.plans.size >= planLimit) this.plans.clear();
      this.plans.set(key, plan);
    }
    return this.runPlan(plan, binds);
  }

  private async runPlan(plan: Plan, binds: Binds): Promise<Result> {
    const values = this.bindValues(plan, binds);
    if (verbs[plan.verb] === undefined) {
      const rows = this.database.store.query(this.transaction !== null, plan.sql, values);
      if (this.autocommit && this.transaction !== null) await this.commit();
      return { kind: "rows", ...rows };
    }
    const table = plan.tables[0] ?? "";
    this.checkWritable(table);
    const opened = this.transaction === null;
    const transaction = await this.open();
    try {
      const count = this.change(transaction, plan, table, values);
      if (this.autocommit) await this.commit();
      return { kind: "count", verb: verbs[plan.verb] ?? "changed", count };
    } catch (error) {
      // A failed statement leaves no lock behind that it has taken itself.
      const ends = this.autocommit || opened;
      if (ends && this.transaction !== null && !this.transaction.shipped) await this.rollback();
      throw error;
    }
  }

  private change(transaction: Transaction, plan: Plan, table: string, values: Value[]): number {
    // Waiting for the lock may have outlasted this database's right to write.
    this.checkWritable(table);
    const { catalog, store, control } = this.database;
    if (catalog.tables[table] === undefined) throw errors.unsupported("Changing a view");
    if (control.scheme === null || isReplicated(control.scheme, table)) transaction.replicated = true;
    if ((catalog.tables[table]?.primaryKey.length ?? 0) > 0) return store.run(plan.sql, values);
    this.database.cut(transaction);
    const count = store.run(plan.sql, values);
    this.database.unrecorded(transaction);
    if (count > 0) transaction.pieces.push({ kind: "statement", table, sql: plan.sql, binds: values });
    transaction.recorder = store.record();
    return count;
  }

  private bindValues(plan: Plan, binds: Binds): Value[] {
    if (Array.isArray(binds)) {
      if (binds.length < plan.params.length)
        throw errors.argument(`${plan.params.length} parameters needed, ${binds.length} given`);
      return binds.slice(0, plan.params.length);
    }
    const byName = new Map(Object.entries(binds).map(([name, value]) => [name.toUpperCase(), value]));
    return plan.params.map(name => byName.get(name ?? "?") ?? null);
  }

  private names(): Names {
    const { catalog, store } = this.database;
    return {
      user: this.user,
      resolve: (owner, name) => resolveName(catalog, this.user, owner, name),
      now: fraction =>
        `'${new Date()
          .toISOString()
          .replace("T", " ")
          .slice(0, fraction ? 23 : 19)}'`,
      sequence: (owner, name, next) => {
        const full = `${owner ?? this.user}.${name}`;
        const definition = catalog.sequences[full];
        if (definition === undefined) return null;
        if (!next) return this.currentValues.get(full) ?? "NULL";
        this.checkWritable("SYS.SEQUENCES");
        if (this.transaction !== null) this.transaction.replicated = true;
        const at = Number(
          store.query(true, 'SELECT NEXT FROM "SYS.SEQUENCES" WHERE NAME = ?', [full]).rows[0]?.[0],
        );
        const past = definition.increment > 0 ? at > definition.maximum : at < definition.minimum;
        if (past && !definition.cycle) throw errors.argument(`Sequence ${full} is exhausted`);
        const value = past ? (definition.increment > 0 ? definition.minimum : definition.maximum) : at;
        store.run('UPDATE "SYS.SEQUENCES" SET NEXT = ?, LAST = ? WHERE NAME = ?', [
          value + definition.increment,
          value,
          full,
        ]);
        this.currentValues.set(full, String(value));
        return String(value);
      },
    };
  }

  private checkPrivileges(plan: Plan): void {
    plan.tables.forEach((table, at) => {
      const verb = at === 0 && verbs[plan.verb] !== undefined ? plan.verb : "SELECT";
      const owner = table.slice(0, table.indexOf("."));
      if (this.administrator || owner === this.user || owner === "SYS" || owner === "TTREP") return;
      const { catalog } = this.database;
      if (holds(catalog, this.user, `${verb} ANY TABLE`) || holds(catalog, this.user, `${verb} ON ${table}`))
        return;
      if (holds(catalog, this.user, `ALL ON ${table}`)) return;
      throw errors.privilege(this.user, `${verb} on ${table}`);
    });
  }

  /** @throws TimesTenError when this database may not change that table now */
  checkWritable(table: string): void {
    const { control, state } = this.database;
    if (control.scheme === null || state === "ACTIVE" || !isReplicated(control.scheme, table)) return;
    if (state === "STANDBY") throw errors.standby(table);
    if (state === "RECOVERING") throw errors.catchUp();
    throw errors.notActive();
  }

  private async open(): Promise<Transaction> {
    if (this.transaction?.shipped === true) await this.commit();
    if (this.transaction !== null) return this.transaction;
    const transaction = await this.database.begin(this.options.lockWaitMs);
    if (this.gone) {
      this.database.rollback(transaction);
      throw errors.terminated();
    }
    this.transaction = transaction;
    return transaction;
  }

  async commit(): Promise<Result> {
    const transaction = this.transaction;
    if (transaction === null) return { kind: "done" };
    try {
      await this.database.commit(transaction, this.options.durable);
      this.transaction = null;
    } catch (error) {
      // Shipped and unanswered: it stays open, only another commit may follow.
      if (!this.database.isOpen(transaction)) this.transaction = null;
      else if (!transaction.shipped) {
        this.transaction = null;
        this.database.rollback(transaction);
      }
      throw error;
    }
    return { kind: "done" };
  }

  async rollback(): Promise<Result> {
    if (this.transaction === null) return { kind: "done" };
    if (this.transaction.shipped) throw errors.commitBegun();
    const transaction = this.transaction;
    this.transaction = null;
    this.database.rollback(transaction);
    return { kind: "done" };
  }

  /** End of the connection: rolls back, but for a commit under way, which is finished as soon as it can be. */
  async end(): Promise<void> {
    while (this.transaction !== null) {
      if (!this.transaction.shipped) {
        await this.rollback();
        return;
      }
      await this.commit().catch(() => undefined);
    }
  }

  private async definition(tokens: Token[], sql: string): Promise<Result> {
    await this.commit();
    const change = userChange(this.database.catalog, tokens, sql);
    const target = change === null ? definedTable(tokens, this.user) : null;
    this.checkDefinition(tokens, change !== null, target);
    const transaction = await this.open();
    try {
      transaction.replicated = true;
      this.database.unrecorded(transaction);
      if (change === null) {
        define(this.database, sql, this.user);
        this.checkKey(target);
        transaction.pieces.push({ kind: "ddl", sql, user: this.user });
      } else {
        changeUsers(this.database.catalog, change);
        transaction.pieces.push({ kind: "user", change });
      }
      this.database.version += 1;
      await this.commit();
    } catch (error) {
      if (this.transaction !== null && !this.transaction.shipped) await this.rollback();
      throw error;
    }
    return { kind: "done" };
  }

  private checkDefinition(tokens: Token[], users: boolean, target: { table: string } | null): void {
    this.checkWritable(target?.table ?? `${this.user}.${tokens[1]?.text ?? ""}`);
    if (users) {
      if (!(isWord(tokens[0], "GRANT", "REVOKE") && tokens.some(token => isOp(token, `.`))))
        this.require("ADMIN");
      return;
    }
    const owner = target?.table.split(".")[0] ?? this.user;
    const verb = tokens[0]?.text ?? "CREATE";
    if (owner !== this.user) this.require(`${verb} ANY TABLE`);
    else if (verb === "CREATE" && isWord(tokens[1], "TABLE", "VIEW", "SEQUENCE"))
      this.require(`CREATE ${tokens[1]?.text ?? ""}`);
  }

  /** With a scheme in place a new table must be replicable. */
  private checkKey(target: { table: string; creates: boolean } | null): void {
    const { control, catalog, store } = this.database;
    if (target?.creates !== true || control.scheme === null || !isReplicated(control.scheme, target.table))
      return;
    if ((catalog.tables[target.table]?.primaryKey.length ?? 0) > 0) return;
    store.define(`DROP TABLE "${target.table}"`);
    delete catalog.tables[target.table];
    throw errors.newTableNeedsKey();
  }

  private async call(tokens: Token[], binds: Binds): Promise<Result> {
    const inner = tokens.filter(token => !isOp(token, "{") && !isOp(token, "}") && !isWord(token, "CALL"));
    const name = inner[0]?.text ?? "";
    const given = Array.isArray(binds) ? [...binds] : [];
    const parameters: Value[] = [];
    let negative = false;
    let pending = false;
    for (const token of inner.slice(1)) {
      if (isOp(token, "-")) negative = true;
      if (isOp(token, ",") && !pending) parameters.push(null);
      if (isOp(token, ",")) pending = false;
      if (token.kind === "op") continue;
      pending = true;
      if (token.kind === "string") parameters.push(token.text.slice(1, -1).replaceAll("''", "'"));
      else if (token.kind === "number") parameters.push(negative ? -Number(token.text) : Number(token.text));
      else if (token.kind === "param") parameters.push(given.shift() ?? null);
      else parameters.push(isWord(token, "NULL") ? null : token.text);
      negative = false;
    }
    return this.procedures(this, name, parameters);
  }
}
