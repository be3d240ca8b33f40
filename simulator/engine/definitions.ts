/** Definitions and users: parse, check, carry out. The same code runs for a client, at recovery and on the standby. */
import { errors } from "../shared/errors";
import { columnDefinition, sequenceDefinition, tableDefinition, type ResolveTable } from "../sql/ddl";
import { rewrite, type Names } from "../sql/rewrite";
import { isOp, isWord, join, literal, Reader, splitCommas, tokenize, type Token } from "../sql/tokens";
import { resolveName, seal, type Catalog } from "./catalog";
import type { UserChange } from "./records";
import type { Store } from "./store";

/** What definitions change. */
export interface Definable {
  store: Store;
  catalog: Catalog;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const full = (name: { owner: string | null; name: string }, user: string): string =>
  `${name.owner ?? user}.${name.name}`;

function resolver(db: Definable, user: string): ResolveTable {
  return (owner, name) => {
    const found = resolveName(db.catalog, user, owner, name);
    if (found === null) throw errors.table(`${owner ?? user}.${name}`);
    return found;
  };
}

/** Names inside a view or a CREATE TABLE ... AS SELECT. */
function names(db: Definable, user: string): Names {
  return {
    user,
    resolve: (owner, name) => resolveName(db.catalog, user, owner, name),
    sequence: () => null,
    now: () => "CURRENT_TIMESTAMP",
  };
}

function createTable(db: Definable, reader: Reader, user: string): void {
  const name = full(reader.name(), user);
  if (db.catalog.tables[name] !== undefined || db.catalog.views[name] !== undefined)
    throw errors.tableExists(name);
  if (isWord(reader.peek(), "AS")) {
    reader.next();
    const query = rewrite(reader.rest(), names(db, user)).sql;
    db.store.define(`CREATE TABLE ${quoted(name)} AS ${query}`);
    const columns = db.store.query(true, `SELECT * FROM ${quoted(name)} LIMIT 0`).columns;
    db.catalog.tables[name] = {
      columns: columns.map(column => ({ name: column, type: "VARCHAR2 (4000)", nullable: true })),
      primaryKey: [],
    };
    return;
  }
  const definition = tableDefinition(reader.parenthesised(), (owner, table) =>
    owner === null && `${user}.${table}` === name ? name : resolver(db, user)(owner, table),
  );
  db.store.define(`CREATE TABLE ${quoted(name)} (${definition.body})`);
  db.catalog.tables[name] = { columns: definition.columns, primaryKey: definition.primaryKey };
}

function createIndex(db: Definable, reader: Reader, user: string, unique: boolean): void {
  const name = full(reader.name(), user);
  if (db.catalog.indexes[name] !== undefined) throw errors.indexExists(name);
  reader.expect("ON");
  const { owner, name: tableName } = reader.name();
  const table = resolver(db, user)(owner, tableName);
  const columns = join(reader.parenthesised());
  db.store.define(`CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoted(name)} ON ${quoted(table)} (${columns})`);
  db.catalog.indexes[name] = { table, unique, columns };
}

function createView(db: Definable, reader: Reader, user: string): void {
  const name = full(reader.name(), user);
  if (db.catalog.tables[name] !== undefined || db.catalog.views[name] !== undefined)
    throw errors.tableExists(name);
  const columns = isOp(reader.peek(), "(") ? `(${join(reader.parenthesised())}) ` : "";
  reader.expect("AS");
  const text = join(reader.rest());
  db.store.define(`CREATE VIEW ${quoted(name)} ${columns}AS ${rewrite(reader.rest(), names(db, user)).sql}`);
  db.catalog.views[name] = { text };
}

function createSequence(db: Definable, reader: Reader, user: string): void {
  const name = full(reader.name(), user);
  if (db.catalog.sequences[name] !== undefined) throw errors.tableExists(name);
  const sequence = sequenceDefinition(reader);
  db.catalog.sequences[name] = sequence;
  db.store.run('INSERT INTO "SYS.SEQUENCES" (NAME, NEXT, LAST) VALUES (?, ?, NULL)', [name, sequence.start]);
}

function create(db: Definable, reader: Reader, user: string): void {
  const replace = reader.accept("OR", "REPLACE");
  const open = reader.accept("PUBLIC");
  reader.accept("GLOBAL", "TEMPORARY");
  reader.accept("MATERIALIZED");
  if (reader.accept("TABLE")) return createTable(db, reader, user);
  if (reader.accept("VIEW")) return createView(db, reader, user);
  if (reader.accept("SEQUENCE")) return createSequence(db, reader, user);
  if (reader.accept("SYNONYM")) {
    const name = full(reader.name(), open ? "PUBLIC" : user);
    reader.expect("FOR");
    db.catalog.synonyms[name] = full(reader.name(), user);
    return undefined;
  }
  const unique = reader.accept("UNIQUE");
  reader.accept("HASH");
  reader.accept("RANGE");
  if (reader.accept("INDEX")) return createIndex(db, reader, user, unique);
  throw errors.unsupported(`CREATE ${replace ? "OR REPLACE " : ""}${reader.peek()?.text ?? ""}`);
}

function dropTable(db: Definable, reader: Reader, user: string): void {
  const { owner, name } = reader.name();
  const table = resolver(db, user)(owner, name);
  db.store.define(`DROP TABLE ${quoted(table)}`);
  delete db.catalog.tables[table];
  for (const [index, { table: of }] of Object.entries(db.catalog.indexes))
    if (of === table) delete db.catalog.indexes[index];
}

function drop(db: Definable, reader: Reader, user: string): void {
  const open = reader.accept("PUBLIC");
  reader.accept("MATERIALIZED");
  if (reader.accept("TABLE")) return dropTable(db, reader, user);
  const kind = reader.next()?.text ?? "";
  const name = full(reader.name(), open ? "PUBLIC" : user);
  if (kind === "VIEW") {
    if (db.catalog.views[name] === undefined) throw errors.table(name);
    db.store.define(`DROP VIEW ${quoted(name)}`);
    delete db.catalog.views[name];
  } else if (kind === "INDEX") {
    if (db.catalog.indexes[name] === undefined) throw errors.index(name);
    db.store.define(`DROP INDEX ${quoted(name)}`);
    delete db.catalog.indexes[name];
  } else if (kind === "SEQUENCE") {
    if (db.catalog.sequences[name] === undefined) throw errors.sequence(name);
    delete db.catalog.sequences[name];
    db.store.run('DELETE FROM "SYS.SEQUENCES" WHERE NAME = ?', [name]);
  } else if (kind === "SYNONYM") {
    delete db.catalog.synonyms[name];
  } else throw errors.unsupported(`DROP ${kind}`);
}

function addColumns(db: Definable, table: string, parts: Token[][], resolve: ResolveTable): void {
  for (const part of parts) {
    if (isWord(part[0], "CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK"))
      throw errors.unsupported("ALTER TABLE ... ADD CONSTRAINT");
    if (isWord(part[0], "UNIQUE")) {
      db.store.define(
        `CREATE UNIQUE INDEX ${quoted(`${table}.U${Date.now()}`)} ON ${quoted(table)} ${join(part.slice(1))}`,
      );
      continue;
    }
    const definition = columnDefinition(part, resolve);
    db.store.define(`ALTER TABLE ${quoted(table)} ADD COLUMN ${definition.sqlite}`);
    db.catalog.tables[table]?.columns.push(definition.column);
  }
}

function alterTable(db: Definable, reader: Reader, user: string): void {
  const { owner, name } = reader.name();
  const table = resolver(db, user)(owner, name);
  if (reader.accept("ADD")) {
    reader.accept("COLUMN");
    const parts = isOp(reader.peek(), "(") ? splitCommas(reader.parenthesised()) : [reader.rest()];
    addColumns(db, table, parts, resolver(db, user));
    return;
  }
  if (!reader.accept("DROP")) throw errors.unsupported(`ALTER TABLE ... ${reader.peek()?.text ?? ""}`);
  reader.accept("COLUMN");
  const parts = isOp(reader.peek(), "(") ? splitCommas(reader.parenthesised()) : [reader.rest()];
  for (const part of parts) {
    const column = literal(part[0]);
    db.store.define(`ALTER TABLE ${quoted(table)} DROP COLUMN ${quoted(column)}`);
    const known = db.catalog.tables[table];
    if (known !== undefined) known.columns = known.columns.filter(other => other.name !== column);
  }
}

/**
 * Carries out a definition in the open transaction.
 * @param sql in TimesTen's words
 * @param user schema of unqualified names
 * @throws TimesTenError
 */
export function define(db: Definable, sql: string, user: string): void {
  const reader = new Reader(tokenize(sql));
  if (reader.accept("CREATE")) return create(db, reader, user);
  if (reader.accept("DROP")) return drop(db, reader, user);
  if (reader.accept("ALTER", "TABLE")) return alterTable(db, reader, user);
  if (reader.accept("TRUNCATE", "TABLE")) {
    const { owner, name } = reader.name();
    db.store.define(`DELETE FROM ${quoted(resolver(db, user)(owner, name))}`);
    return undefined;
  }
  throw errors.unsupported(join(reader.tokens.slice(0, 2)));
}

/** @returns the table that a definition changes, for the check whether it may; null for other definitions */
export function definedTable(tokens: Token[], user: string): { table: string; creates: boolean } | null {
  const reader = new Reader(tokens);
  const creates = reader.accept("CREATE");
  if (creates) reader.accept("GLOBAL", "TEMPORARY");
  if (!creates && !reader.accept("DROP") && !reader.accept("ALTER") && !reader.accept("TRUNCATE"))
    return null;
  if (!reader.accept("TABLE")) return null;
  return { table: full(reader.name(), user), creates };
}

function password(reader: Reader): string {
  const token = reader.next();
  if (token?.kind === "string") return literal(token);
  if (token?.kind === "quoted") return token.text.slice(1, -1);
  throw errors.syntax(token?.text ?? "password");
}

function privilegeList(reader: Reader, end: string): string[] {
  const words: string[] = [];
  let current: string[] = [];
  while (!reader.end() && !isWord(reader.peek(), end)) {
    if (reader.acceptOp(",")) {
      words.push(current.join(" "));
      current = [];
    } else if (reader.accept("ON")) {
      const name = reader.name();
      current.push("ON", name.owner === null ? name.name : `${name.owner}.${name.name}`);
    } else current.push(reader.next()?.text ?? "");
  }
  words.push(current.join(" "));
  const on = / ON .*$/.exec(words.at(-1) ?? "")?.[0] ?? "";
  return words
    .map(word => (word.includes(" ON ") ? word : word + on))
    .map(word => word.replace(/ PRIVILEGES$/, ""));
}

/**
 * @param tokens of a statement
 * @param raw the statement: passwords without quotes keep their case
 * @returns the change of users it asks for, or null when it is another kind of statement
 * @throws TimesTenError 15007, 15003
 */
export function userChange(catalog: Catalog, tokens: Token[], raw: string): UserChange | null {
  const reader = new Reader(tokens);
  const unquoted = /identified\s+by\s+([^'"\s;]+)/i.exec(raw)?.[1];
  const known = (user: string): void => {
    if (catalog.users[user] === undefined && user !== "PUBLIC") throw errors.noUser(user);
  };
  const op = reader.accept("CREATE", "USER") ? "create" : reader.accept("ALTER", "USER") ? "alter" : null;
  if (op !== null) {
    const user = reader.name().name;
    if (op === "alter") known(user);
    else if (catalog.users[user] !== undefined) throw errors.userExists(user);
    if (reader.accept("IDENTIFIED", "EXTERNALLY")) return { op, user, salt: "", digest: "" };
    reader.expect("IDENTIFIED", "BY");
    return { op, user, ...seal(unquoted ?? password(reader)) };
  }
  if (reader.accept("DROP", "USER")) {
    const user = reader.name().name;
    known(user);
    return { op: "drop", user };
  }
  const grant = reader.accept("GRANT");
  if (!grant && !reader.accept("REVOKE")) return null;
  const privileges = privilegeList(reader, grant ? "TO" : "FROM");
  reader.next();
  const user = reader.name().name;
  known(user);
  return { op: grant ? "grant" : "revoke", user, privileges };
}
