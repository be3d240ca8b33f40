/** All metadata files of an object together: each one by itself, and what they need of each other. */
import { attributeOf, parseDbIni, type Attribute } from "./dbIni";
import type { FileFault, Findings } from "./fault";
import { duplicateKeys, openSecrets, unknownKeys, type MetadataFile, type MetadataSource } from "./sources";
import { checkCacheGroupsSql, checkEpilogSql, checkSchemaSql } from "./sqlFiles";
import { parseUserFile } from "./userFile";

/** What the object wants of its metadata. */
export interface MetadataWishes {
  /** replicationCipherSuite or replicationSSLMandatory is given: both need a wallet. */
  replicationWallet: boolean;
}

/** What was found; the attributes are those of db.ini, null where there is none. */
export interface MetadataReport extends Findings {
  dbIni: Attribute[] | null;
}

const CHECKS: Partial<Record<MetadataFile, (text: string) => Findings>> = {
  "db.ini": text => parseDbIni(text),
  adminUser: text => ({ faults: parseUserFile("adminUser", text).faults, warnings: [] }),
  cacheUser: text => ({ faults: parseUserFile("cacheUser", text).faults, warnings: [] }),
  testUser: text => ({ faults: parseUserFile("testUser", text).faults, warnings: [] }),
  "schema.sql": checkSchemaSql,
  "cachegroups.sql": checkCacheGroupsSql,
  "epilog.sql": checkEpilogSql,
};

/** Files that only TimesTen Cache uses, and that it cannot do without. */
const CACHE_FILES = ["cachegroups.sql", "cacheUser", "tnsnames.ora"] as const;
/** Files of Oracle Net: empty ones say that somebody forgot what belongs there. */
const ORACLE_NET_FILES = ["tnsnames.ora", "sqlnet.ora"] as const;
const CACHE_ATTRIBUTES = ["DatabaseCharacterSet", "OracleNetServiceName"];

/**
 * @param sources in the order of dbConfigMap, then of dbSecret
 * @returns every fault and warning. No message holds a secret. Never throws.
 */
export function checkMetadata(sources: readonly MetadataSource[], wishes: MetadataWishes): MetadataReport {
  // Of a key that is there twice the last one reaches the Pod; it is a fault anyway.
  const files = new Map(sources.flatMap(source => [...source.files]));
  const found = Object.entries(CHECKS).flatMap(([key, check]) => {
    const text = files.get(key);
    return text === undefined ? [] : [check(text)];
  });
  const text = files.get("db.ini");
  const dbIni = text === undefined ? null : parseDbIni(text).attributes;
  return {
    dbIni,
    faults: [
      ...duplicateKeys(sources),
      ...found.flatMap(one => one.faults),
      ...cacheFaults(files, dbIni ?? []),
      ...walletFaults(files, wishes),
    ],
    warnings: [...unknownKeys(sources), ...openSecrets(sources), ...found.flatMap(one => one.warnings)],
  };
}

/** Cache works with all of its files and two attributes, or not at all. */
function cacheFaults(files: ReadonlyMap<string, string>, dbIni: readonly Attribute[]): FileFault[] {
  const empty = ORACLE_NET_FILES.filter(file => files.get(file)?.trim() === "").map(
    (file): FileFault => ({ file, line: 0, message: "is empty" }),
  );
  const [given] = CACHE_FILES.filter(file => files.has(file));
  if (given === undefined) return empty;
  const missing = CACHE_FILES.filter(file => !files.has(file));
  const faults: FileFault[] =
    missing.length === 0 ? [] : [{ file: given, line: 0, message: `needs ${enumerated(missing)} as well` }];
  const lacking = CACHE_ATTRIBUTES.filter(name => (attributeOf(dbIni, name) ?? "") === "");
  if (lacking.length > 0)
    faults.push({
      file: "db.ini",
      line: 0,
      message: `TimesTen Cache needs ${enumerated(lacking)} in db.ini`,
    });
  return [...faults, ...empty];
}

function walletFaults(files: ReadonlyMap<string, string>, wishes: MetadataWishes): FileFault[] {
  if (!wishes.replicationWallet || files.has("replicationWallet")) return [];
  const message = "is missing: replication over TLS needs this file in dbSecret or dbConfigMap";
  return [{ file: "replicationWallet", line: 0, message }];
}

function enumerated(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
