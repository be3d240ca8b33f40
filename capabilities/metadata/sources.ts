/** The ConfigMaps and Secrets that an object names, as files of /ttconfig. */
import type { FileFault } from "./fault";

/** One of them, decoded. */
export interface MetadataSource {
  kind: "ConfigMap" | "Secret";
  name: string;
  /** By key. A key is anything a user may write (also `__proto__`), hence a Map. */
  files: ReadonlyMap<string, string>;
}

/** As the API server gives them. */
export interface EncodedSource {
  /** Text of a ConfigMap, base64 of a Secret. */
  data?: Record<string, string> | null;
  /** base64; of a ConfigMap only. */
  binaryData?: Record<string, string> | null;
}

/** @returns a ConfigMap's files; binary ones as far as they are UTF-8 */
export function configMapSource(name: string, map: EncodedSource): MetadataSource {
  const text = Object.entries(map.data ?? {});
  return { kind: "ConfigMap", name, files: new Map([...text, ...decoded(map.binaryData)]) };
}

/** @returns a Secret's files, decoded */
export function secretSource(name: string, secret: EncodedSource): MetadataSource {
  return { kind: "Secret", name, files: new Map(decoded(secret.data)) };
}

function decoded(data: Record<string, string> | null | undefined): [string, string][] {
  return Object.entries(data ?? {}).map(([key, base64]) => [
    key,
    Buffer.from(base64, "base64").toString("utf8"),
  ]);
}

/** Keys that mean something in /ttconfig. */
export const METADATA_FILES = [
  "db.ini",
  "adminUser",
  "cacheUser",
  "testUser",
  "schema.sql",
  "cachegroups.sql",
  "epilog.sql",
  "tnsnames.ora",
  "sqlnet.ora",
  "csWallet",
  "replicationWallet",
] as const;

export type MetadataFile = (typeof METADATA_FILES)[number];

/** Files that hold a password: a ConfigMap is no place for them. */
const SECRET_FILES: readonly string[] = ["adminUser", "cacheUser", "testUser"];
/** Files of TimesTen Scaleout: known, of no use here. */
const SCALEOUT = /\.(?:cs)?connect$/;
/** Typing errors up to this number of characters are recognised. */
const MAX_DISTANCE = 2;
const MAX_KEY = 64;

/** @returns "ConfigMap "a"": how messages name a source */
export function nameOf(source: MetadataSource): string {
  return `${source.kind} "${source.name}"`;
}

/** @returns a fault for each key that several sources hold: one of them would silently lose */
export function duplicateKeys(sources: readonly MetadataSource[]): FileFault[] {
  const first = new Map<string, MetadataSource>();
  const faults: FileFault[] = [];
  for (const source of sources) {
    for (const key of source.files.keys()) {
      const other = first.get(key);
      if (other === undefined) first.set(key, source);
      else
        faults.push({
          file: key,
          line: 0,
          message: `is present in ${nameOf(other)} and in ${nameOf(source)}; keep one`,
        });
    }
  }
  return faults;
}

/** @returns a warning for each key that is no metadata file (a user's own container may use it), or that is of no use */
export function unknownKeys(sources: readonly MetadataSource[]): FileFault[] {
  return sources.flatMap(source =>
    [...source.files.keys()].flatMap((file): FileFault[] => {
      if ((METADATA_FILES as readonly string[]).includes(file)) return [];
      const why = SCALEOUT.test(file)
        ? "which is only for TimesTen Scaleout"
        : "which is not a metadata file";
      const like = SCALEOUT.test(file) ? null : resembled(file);
      const question = like === null ? "" : `; did you mean ${like}?`;
      return [{ file, line: 0, message: `${nameOf(source)} has this key, ${why}${question}` }];
    }),
  );
}

/** @returns a warning for each file with a password that does not come from a Secret */
export function openSecrets(sources: readonly MetadataSource[]): FileFault[] {
  return sources
    .filter(source => source.kind === "ConfigMap")
    .flatMap(source => [...source.files.keys()].filter(key => SECRET_FILES.includes(key)))
    .map(file => ({ file, line: 0, message: "holds a password; put it into a Secret named in dbSecret" }));
}

/** @returns the metadata file that the key was probably meant to be, or null */
export function resembled(key: string): MetadataFile | null {
  if (key.length > MAX_KEY) return null;
  const plain = letters(key);
  const near = METADATA_FILES.map(file => ({ file, distance: distance(plain, letters(file)) }));
  const best = near.reduce((a, b) => (b.distance < a.distance ? b : a));
  return best.distance <= MAX_DISTANCE ? best.file : null;
}

function letters(key: string): string {
  return key.toLowerCase().replace(/[^a-z]/g, "");
}

/** Levenshtein's: insertions, removals and replacements that make one text of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, char] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (char === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
