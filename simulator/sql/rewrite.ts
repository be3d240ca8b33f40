/**
 * Rewrites queries and data changes from TimesTen's dialect to SQLite's: owner-qualified names become one quoted
 * table name each, FIRST/ROWS become LIMIT, sequences and the clock become literals.
 */
import { errors } from "../shared/errors";
import { identifier, isOp, isWord, join, type Token } from "./tokens";

/** What names mean at this moment. */
export interface Names {
  /** Schema of unqualified names. */
  user: string;
  /** @returns `OWNER.NAME` of the table or view meant, or null */
  resolve(owner: string | null, name: string): string | null;
  /** @returns the literal for a sequence's NEXTVAL or CURRVAL, or null when there is no such sequence */
  sequence(owner: string | null, name: string, next: boolean): string | null;
  /** @returns the literal for SYSDATE and the like */
  now(fraction: boolean): string;
}

/** A rewritten statement. */
export interface Rewritten {
  sql: string;
  /** `OWNER.NAME` of every table read or written, in order. */
  tables: string[];
  /** Names of parameters by position; "?" is null. */
  params: (string | null)[];
  /** Its literals stand for this moment only: not to be used again. */
  volatile: boolean;
}

const clauseEnd = new Set([
  "WHERE",
  "GROUP",
  "ORDER",
  "HAVING",
  "SET",
  "ON",
  "VALUES",
  "SELECT",
  "LIMIT",
  "CONNECT",
  "WHEN",
  "USING",
]);
const setOperators = new Set(["UNION", "INTERSECT", "MINUS", "EXCEPT"]);
const noAlias = new Set([
  ...clauseEnd,
  ...setOperators,
  "LEFT",
  "RIGHT",
  "FULL",
  "INNER",
  "OUTER",
  "CROSS",
  "JOIN",
  "NATURAL",
  "AS",
  "FOR",
  "FETCH",
  "OFFSET",
  "BEGIN",
  "RETURNING",
]);
const renamed = new Map([
  ["MINUS", "EXCEPT"],
  ["NVL", "IFNULL"],
  ["SUBSTRING", "SUBSTR"],
  ["LENGTHB", "LENGTH"],
]);

interface Scope {
  inFrom: boolean;
  expectTable: boolean;
}

/** Pulls FIRST n, ROWS m TO n, FOR UPDATE and FETCH FIRST out of a query. */
function takeLimits(tokens: Token[]): { tokens: Token[]; limit: string } {
  const kept = [...tokens];
  let limit = "";
  if (isWord(kept[0], "SELECT") && isWord(kept[1], "FIRST") && kept[2]?.kind === "number") {
    limit = ` LIMIT ${kept[2].text}`;
    kept.splice(1, 2);
  } else if (
    isWord(kept[0], "SELECT") &&
    isWord(kept[1], "ROWS") &&
    kept[2]?.kind === "number" &&
    isWord(kept[3], "TO")
  ) {
    const from = Number(kept[2].text);
    limit = ` LIMIT ${Number(kept[4]?.text) - from + 1} OFFSET ${from - 1}`;
    kept.splice(1, 4);
  }
  const fetch = kept.findIndex(
    (token, at) => isWord(token, "FETCH") && isWord(kept[at + 1], "FIRST", "NEXT"),
  );
  if (fetch !== -1 && limit === "") {
    limit = ` LIMIT ${kept[fetch + 2]?.text ?? "1"}`;
    kept.splice(fetch);
  }
  const forUpdate = kept.findIndex((token, at) => isWord(token, "FOR") && isWord(kept[at + 1], "UPDATE"));
  if (forUpdate !== -1) kept.splice(forUpdate);
  return { tokens: kept, limit };
}

/** Names introduced by WITH, which are no tables. */
function withNames(tokens: Token[]): Set<string> {
  const names = new Set<string>();
  if (!isWord(tokens[0], "WITH")) return names;
  let depth = 0;
  tokens.forEach((token, at) => {
    if (isOp(token, "(")) depth += 1;
    if (isOp(token, ")")) depth -= 1;
    if (depth === 0 && isWord(tokens[at + 1], "AS") && isOp(tokens[at + 2], "(")) names.add(token.text);
  });
  return names;
}

/**
 * @param statement tokens of a SELECT, INSERT, UPDATE or DELETE
 * @param names meaning of names
 * @throws TimesTenError 2206 for an unknown table
 */
export function rewrite(statement: Token[], names: Names): Rewritten {
  const { tokens, limit } = takeLimits(statement);
  const insert = isWord(tokens[0], "INSERT");
  const common = withNames(tokens);
  const out: Token[] = [];
  const tables: string[] = [];
  const params: (string | null)[] = [];
  let volatile = false;
  const scopes: Scope[] = [{ inFrom: false, expectTable: false }];
  const scope = (): Scope => scopes.at(-1) as Scope;

  const table = (at: number): number => {
    const qualified = isOp(tokens[at + 1], ".");
    const owner = qualified ? identifier(tokens[at]) : null;
    const name = identifier(tokens[qualified ? at + 2 : at]);
    const end = qualified ? at + 3 : at + 1;
    scope().expectTable = false;
    if (!qualified && common.has(name)) {
      out.push({ kind: "word", text: name });
      return end;
    }
    const full = names.resolve(owner, name);
    if (full === null) throw errors.table(`${owner ?? names.user}.${name}`);
    tables.push(full);
    out.push({ kind: "quoted", text: `"${full}"` });
    const next = tokens[end];
    const aliased =
      next?.kind === "quoted" || (next?.kind === "word" && (!noAlias.has(next.text) || next.text === "AS"));
    if (!aliased && !insert) out.push({ kind: "word", text: `AS "${name}"` });
    else if (insert && tables.length > 1 && !aliased) out.push({ kind: "word", text: `AS "${name}"` });
    return end;
  };

  /** Sequences, the clock and `owner.table.column`; 0 when it is neither. */
  const special = (at: number): number => {
    const token = tokens[at];
    if (isWord(token, "SYSDATE", "TT_SYSDATE", "ORA_SYSDATE", "SYSTIMESTAMP", "CURRENT_TIMESTAMP")) {
      volatile = true;
      out.push({ kind: "string", text: names.now(token?.text.includes("TIMESTAMP") === true) });
      return at + 1;
    }
    if (
      isWord(token, "USER", "CURRENT_USER", "SESSION_USER") &&
      !isOp(tokens[at - 1], ".") &&
      !isOp(tokens[at + 1], ".")
    ) {
      out.push({ kind: "string", text: `'${names.user}'` });
      return at + 1;
    }
    const parts: Token[] = [];
    let end = at;
    while (tokens[end]?.kind === "word" || tokens[end]?.kind === "quoted") {
      parts.push(tokens[end] as Token);
      end += 1;
      if (!isOp(tokens[end], ".")) break;
      end += 1;
    }
    if (parts.length < 2) return 0;
    const last = parts.at(-1);
    if (isWord(last, "NEXTVAL", "CURRVAL")) {
      const owner = parts.length > 2 ? identifier(parts[0]) : null;
      const value = names.sequence(owner, identifier(parts.at(-2)), isWord(last, "NEXTVAL"));
      if (value === null) throw errors.sequence(parts.slice(0, -1).map(identifier).join("."));
      volatile = true;
      out.push({ kind: "number", text: value });
      return end;
    }
    if (parts.length === 3) {
      out.push({ kind: "quoted", text: `"${identifier(parts[1])}"."${identifier(parts[2])}"` });
      return end;
    }
    return 0;
  };

  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at] as Token;
    const here = scope();
    if (here.expectTable && (token.kind === "word" || token.kind === "quoted") && !isWord(token, "SELECT")) {
      at = table(at);
      continue;
    }
    if (token.kind === "word") {
      const jumped = special(at);
      if (jumped > 0) {
        at = jumped;
        continue;
      }
      if (isWord(token, "FROM", "INTO") || (isWord(token, "UPDATE") && at === 0)) {
        here.inFrom = true;
        here.expectTable = true;
      } else if (isWord(token, "JOIN")) {
        here.expectTable = true;
      } else if (clauseEnd.has(token.text) || setOperators.has(token.text)) {
        here.inFrom = false;
        here.expectTable = false;
      }
      if (isWord(token, "DELETE") && at === 0 && !isWord(tokens[1], "FROM")) {
        out.push(token, { kind: "word", text: "FROM" });
        here.inFrom = true;
        here.expectTable = true;
        at += 1;
        continue;
      }
      const other = renamed.get(token.text);
      out.push(other === undefined ? token : { kind: "word", text: other });
    } else if (token.kind === "param") {
      const name = token.text === "?" ? null : token.text.slice(1).toUpperCase();
      const known = name === null ? -1 : params.indexOf(name);
      if (known === -1) params.push(name);
      out.push({ kind: "param", text: `?${known === -1 ? params.length : known + 1}` });
    } else {
      if (isOp(token, "(")) {
        scopes.push({ inFrom: here.expectTable, expectTable: here.expectTable });
        here.expectTable = false;
      }
      if (isOp(token, ")") && scopes.length > 1) scopes.pop();
      if (isOp(token, ",") && here.inFrom && !insert) here.expectTable = true;
      else if (isOp(token, ",") && here.inFrom && scopes.length === 1 && tables.length > 1)
        here.expectTable = true;
      out.push(isOp(token, "^=") ? { kind: "op", text: "<>" } : token);
    }
    at += 1;
  }
  return { sql: join(out) + limit, tables, params, volatile };
}
