/** What schema.sql and cachegroups.sql may and must hold. */
import { listed, type FileFault, type Findings } from "./fault";
import { readSqlFile, type SqlStatement } from "./sqlFile";

/** Words between CREATE and CACHE GROUP (TimesTen SQL Reference, "CREATE CACHE GROUP"). */
const CACHE_KINDS = [
  "DYNAMIC",
  "READONLY",
  "ASYNCHRONOUS",
  "SYNCHRONOUS",
  "WRITETHROUGH",
  "USERMANAGED",
  "HYBRID",
];
const CACHE_VERBS = ["CREATE", "ALTER", "DROP", "LOAD", "UNLOAD", "REFRESH", "FLUSH"];
const SCHEME_VERBS = ["CREATE", "ALTER", "DROP"];

/**
 * schema.sql runs before cache and replication are set up, so neither may be in it.
 * @returns all faults and warnings; no message holds any of the text. Never throws.
 */
export function checkSchemaSql(text: string): Findings {
  const file = "schema.sql";
  const { statements, faults, warnings } = readSqlFile(file, text);
  const wrong = statements.flatMap(statement => {
    const cache = isCacheGroup(statement)
      ? fault(file, statement, "a cache group statement must stand in cachegroups.sql")
      : [];
    return [...cache, ...schemeFault(file, statement)];
  });
  return { faults: listed([...faults, ...wrong].sort(byLine)), warnings };
}

/**
 * cachegroups.sql creates cache groups; the replication scheme is the operator's.
 * @returns all faults and warnings; no message holds any of the text. Never throws.
 */
export function checkCacheGroupsSql(text: string): Findings {
  const file = "cachegroups.sql";
  const { statements, faults, warnings } = readSqlFile(file, text);
  const wrong = statements.flatMap(statement => schemeFault(file, statement));
  const creates = statements.some(one => one.words[0] === "CREATE" && isCacheGroup(one));
  const missing = { file, line: 0, message: "holds no CREATE CACHE GROUP statement" };
  const all = [...(creates || faults.length > 0 ? [] : [missing]), ...faults, ...wrong].sort(byLine);
  return { faults: listed(all), warnings };
}

/**
 * epilog.sql runs once the replication scheme exists; it may hold any statement.
 * @returns what keeps it from being read to its end. Never throws.
 */
export function checkEpilogSql(text: string): Findings {
  const { faults, warnings } = readSqlFile("epilog.sql", text);
  return { faults, warnings };
}

function isCacheGroup({ words: [verb = "", ...more] }: SqlStatement): boolean {
  if (!CACHE_VERBS.includes(verb)) return false;
  const at = more.findIndex(word => !CACHE_KINDS.includes(word));
  return more[at] === "CACHE" && more[at + 1] === "GROUP";
}

function schemeFault(file: string, statement: SqlStatement): FileFault[] {
  const [verb = "", ...more] = statement.words;
  if (!SCHEME_VERBS.includes(verb)) return [];
  const pair = more[0] === "ACTIVE" && more[1] === "STANDBY" && more[2] === "PAIR";
  if (!pair && more[0] !== "REPLICATION") return [];
  return fault(file, statement, "a replication scheme is not allowed here; the operator creates it");
}

function fault(file: string, statement: SqlStatement, message: string): FileFault[] {
  return [{ file, line: statement.line, message }];
}

function byLine(a: FileFault, b: FileFault): number {
  return a.line - b.line;
}
