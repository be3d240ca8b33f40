/** Tables, indexes, views and sequences: TimesTen's DDL as SQLite's. */
import { errors } from "../shared/errors";
import { columnType } from "./types";
import { identifier, isOp, isWord, join, Reader, splitCommas, type Token } from "./tokens";

/** A column as the catalogue keeps it. */
export interface Column {
  name: string;
  type: string;
  nullable: boolean;
}

/** What a CREATE TABLE says. */
export interface TableDefinition {
  columns: Column[];
  primaryKey: string[];
  /** A unique constraint on columns that are all NOT NULL, which serves as a key too. */
  uniqueNotNull: boolean;
  /** SQLite's text between the parentheses. */
  body: string;
}

/** Finds `OWNER.NAME` of a parent table; throws 2206. */
export type ResolveTable = (owner: string | null, name: string) => string;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function columnList(tokens: Token[]): string[] {
  return splitCommas(tokens).map(part => identifier(part[0]));
}

function references(reader: Reader, resolve: ResolveTable): string {
  const { owner, name } = reader.name();
  let text = `REFERENCES ${quoted(resolve(owner, name))}`;
  if (isOp(reader.peek(), "(")) text += ` (${columnList(reader.parenthesised()).map(quoted).join(", ")})`;
  if (reader.accept("ON", "DELETE", "CASCADE")) text += " ON DELETE CASCADE";
  return text;
}

interface Parsed {
  column?: Column;
  primaryKey: string[];
  unique: string[];
  sqlite: string;
}

function constraint(tokens: Token[], resolve: ResolveTable): Parsed {
  const reader = new Reader(tokens);
  if (reader.accept("CONSTRAINT")) reader.name();
  const none: Parsed = { primaryKey: [], unique: [], sqlite: "" };
  if (reader.accept("PRIMARY", "KEY")) {
    const columns = columnList(reader.parenthesised());
    return { ...none, primaryKey: columns, sqlite: "" };
  }
  if (reader.accept("UNIQUE")) {
    const columns = columnList(reader.parenthesised());
    return { ...none, unique: columns, sqlite: `UNIQUE (${columns.map(quoted).join(", ")})` };
  }
  if (reader.accept("FOREIGN", "KEY")) {
    const columns = columnList(reader.parenthesised());
    reader.expect("REFERENCES");
    return {
      ...none,
      sqlite: `FOREIGN KEY (${columns.map(quoted).join(", ")}) ${references(reader, resolve)}`,
    };
  }
  if (reader.accept("CHECK")) return { ...none, sqlite: `CHECK (${join(reader.parenthesised())})` };
  throw errors.syntax(reader.peek()?.text ?? "end of statement");
}

function defaultValue(reader: Reader): string {
  if (isOp(reader.peek(), "(")) return `(${join(reader.parenthesised())})`;
  const tokens: Token[] = [];
  while (
    !reader.end() &&
    !isWord(reader.peek(), "NOT", "NULL", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "CONSTRAINT")
  ) {
    tokens.push(reader.next() as Token);
  }
  const text = join(tokens);
  return /SYSDATE|SYSTIMESTAMP/.test(text) ? "CURRENT_TIMESTAMP" : text === "" ? "NULL" : text;
}

/** One column definition. @throws TimesTenError 1001 for an unknown type */
export function columnDefinition(tokens: Token[], resolve: ResolveTable): Parsed & { column: Column } {
  const name = identifier(tokens[0]);
  const type = columnType(tokens.slice(1));
  if (type === null) throw errors.syntax(tokens[1]?.text ?? name);
  const reader = new Reader(type.rest);
  const column: Column = { name, type: type.shown, nullable: true };
  const parsed: Parsed & { column: Column } = {
    column,
    primaryKey: [],
    unique: [],
    sqlite: `${quoted(name)} ${type.sqlite}`,
  };
  while (!reader.end()) {
    if (reader.accept("CONSTRAINT")) reader.name();
    else if (reader.accept("NOT", "NULL")) {
      column.nullable = false;
      parsed.sqlite += " NOT NULL";
    } else if (reader.accept("PRIMARY", "KEY")) parsed.primaryKey = [name];
    else if (reader.accept("UNIQUE")) {
      parsed.unique = [name];
      parsed.sqlite += " UNIQUE";
    } else if (reader.accept("DEFAULT")) parsed.sqlite += ` DEFAULT ${defaultValue(reader)}`;
    else if (reader.accept("REFERENCES")) parsed.sqlite += ` ${references(reader, resolve)}`;
    else if (reader.accept("CHECK")) parsed.sqlite += ` CHECK (${join(reader.parenthesised())})`;
    else if (reader.accept("NULL") || reader.accept("ENABLE") || reader.accept("INLINE")) continue;
    else if (reader.accept("NOT", "INLINE")) continue;
    else throw errors.syntax(reader.peek()?.text ?? "");
  }
  return parsed;
}

function isConstraint(part: Token[]): boolean {
  if (isWord(part[0], "PRIMARY", "FOREIGN")) return isWord(part[1], "KEY");
  if (isWord(part[0], "UNIQUE", "CHECK")) return isOp(part[1], "(");
  return isWord(part[0], "CONSTRAINT");
}

/**
 * @param tokens between the parentheses of CREATE TABLE
 * @throws TimesTenError 1001
 */
export function tableDefinition(tokens: Token[], resolve: ResolveTable): TableDefinition {
  const parts: Parsed[] = splitCommas(tokens).map(part =>
    isConstraint(part) ? constraint(part, resolve) : columnDefinition(part, resolve),
  );
  const primaryKey = parts.flatMap(part => part.primaryKey);
  const columns = parts.flatMap(part => (part.column === undefined ? [] : [part.column]));
  const nullable = new Map(columns.map(column => [column.name, column.nullable]));
  const body = parts.flatMap(part => {
    if (part.sqlite === "") return [];
    const keyed = part.column?.nullable === true && primaryKey.includes(part.column.name);
    return [keyed ? `${part.sqlite} NOT NULL` : part.sqlite];
  });
  for (const column of columns) if (primaryKey.includes(column.name)) column.nullable = false;
  if (primaryKey.length > 0) body.push(`PRIMARY KEY (${primaryKey.map(quoted).join(", ")})`);
  const uniqueNotNull = parts.some(
    part => part.unique.length > 0 && part.unique.every(name => nullable.get(name) === false),
  );
  return { columns, primaryKey, uniqueNotNull, body: body.join(", ") };
}

/** A sequence's definition and where it stands. */
export interface Sequence {
  increment: number;
  minimum: number;
  maximum: number;
  cycle: boolean;
  start: number;
}

/** @param reader behind the sequence's name */
export function sequenceDefinition(reader: Reader): Sequence {
  const sequence: Sequence = {
    increment: 1,
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    cycle: false,
    start: 1,
  };
  const value = (): number => {
    const sign = reader.acceptOp("-") ? -1 : 1;
    return sign * Number(reader.next()?.text);
  };
  let started = false;
  while (!reader.end()) {
    if (reader.accept("INCREMENT", "BY")) sequence.increment = value();
    else if (reader.accept("START", "WITH")) {
      sequence.start = value();
      started = true;
    } else if (reader.accept("MINVALUE")) sequence.minimum = value();
    else if (reader.accept("MAXVALUE")) sequence.maximum = Math.min(value(), Number.MAX_SAFE_INTEGER);
    else if (reader.accept("CACHE")) value();
    else if (reader.accept("CYCLE")) sequence.cycle = true;
    else reader.next();
  }
  if (!started) sequence.start = sequence.increment > 0 ? sequence.minimum : sequence.maximum;
  return sequence;
}
