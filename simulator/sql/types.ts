/** TimesTen's column types as SQLite types with the right affinity. */
import type { Token } from "./tokens";
import { isOp, isWord, join } from "./tokens";

const toSqlite: [RegExp, string][] = [
  [/^(TT_)?(TINYINT|SMALLINT|INTEGER|BIGINT|INT)$/, "INTEGER"],
  [
    /^(N?VARCHAR2?|TT_N?VARCHAR2?|N?CHAR|TT_N?CHAR|CHARACTER|ORA_N?VARCHAR2|ORA_N?CHAR|N?CLOB|ROWID)$/,
    "TEXT",
  ],
  [/^(BINARY_FLOAT|BINARY_DOUBLE|FLOAT|DOUBLE|REAL)$/, "REAL"],
  [/^(BINARY|VARBINARY|BLOB|RAW)$/, "BLOB"],
  [/^(NUMBER|NUMERIC|DECIMAL|DEC|TT_DECIMAL)$/, "NUMERIC"],
  [/^(DATE|TIME|TIMESTAMP|TT_DATE|TT_TIMESTAMP|ORA_DATE|ORA_TIMESTAMP|INTERVAL)$/, "TEXT"],
];

/** A column's type: as shown to people and as SQLite sees it, with what follows. */
export interface ColumnType {
  shown: string;
  sqlite: string;
  rest: Token[];
}

/**
 * @param tokens of a column definition, behind the column's name
 * @returns null for an unknown type
 */
export function columnType(tokens: Token[]): ColumnType | null {
  const word = tokens[0]?.text ?? "";
  const sqlite = toSqlite.find(([pattern]) => pattern.test(word))?.[1];
  if (sqlite === undefined) return null;
  let at = 1;
  if (isWord(tokens[at], "PRECISION", "VARYING")) at += 1;
  let shown = word;
  if (isOp(tokens[at], "(")) {
    const close = tokens.findIndex((token, index) => index > at && isOp(token, ")"));
    shown += ` (${join(tokens.slice(at + 1, close)).replaceAll(" ,", ",")})`;
    at = close + 1;
  }
  while (isWord(tokens[at], "INLINE") || (isWord(tokens[at], "NOT") && isWord(tokens[at + 1], "INLINE"))) {
    if (shown.endsWith("INLINE")) break;
    const words = isWord(tokens[at], "NOT") ? 2 : 1;
    shown += words === 2 ? " NOT INLINE" : " INLINE";
    at += words;
  }
  return { shown, sqlite, rest: tokens.slice(at) };
}
