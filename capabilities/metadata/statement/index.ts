/** The replication statement of an object: its own, or what it adds to the generated one. Refused when it cannot work. */
import { listed, shortened, type FileFault, type Findings } from "../fault";
import { SyntaxFault, TokenReader } from "./reader";
import {
  parseScheme,
  returnService,
  storeAttributes,
  type Scheme,
  type StoreAttribute,
  type StoreName,
} from "./scheme";
import { TokenError, tokenize } from "./tokens";
import { fillVariables, unknownVariables, type StatementValues } from "./variables";

export { fillVariables, VARIABLES, type StatementValues } from "./variables";

/** TimesTen's limit of a statement, characters. */
const MAX_STATEMENT = 409_600;
const DOUBTFUL = "with this combination the operator cannot choose the better database when both fail";

/** Faults without their place in the object. */
type Found = Omit<FileFault, "file" | "path">;

/**
 * spec.ttspec.repCreateStatement.
 * @param statement as the user wrote it, with {{variables}}
 * @param values of the variables. A host also stands for itself with any further domain behind it, so that one who does
 *   not know the domain of the cluster may give `sample-0.sample.ns.svc`.
 * @returns every fault and warning, with lines of the statement. Never throws.
 */
export function checkRepCreateStatement(statement: string, values: StatementValues): Findings {
  const field = "repCreateStatement";
  if (statement.length > MAX_STATEMENT)
    return findings(field, [
      { line: 0, message: `has more than the ${MAX_STATEMENT} characters that TimesTen takes` },
    ]);
  const unknown = unknownVariables(statement).map(({ text, line }) => ({
    line,
    message: `contains the unknown variable ${shortened(text)}`,
  }));
  const scheme = parsed(() => parseScheme(fillVariables(statement, values)));
  // A variable that stands for nothing is no SQL: what the parser says of it would only confuse.
  if (unknown.length > 0) return findings(field, unknown);
  if ("message" in scheme) return findings(field, [scheme]);
  const faults = [...trailingFaults(scheme), ...masterFaults(scheme, values), ...storeFaults(scheme, values)];
  return findings(field, faults, doubts(scheme));
}

/**
 * spec.ttspec.repReturnServiceAttribute.
 * @returns a fault unless it is one of the three forms. Never throws.
 */
export function checkReturnService(text: string): Findings {
  const message = "must be NO RETURN, RETURN RECEIPT [BY REQUEST] or RETURN TWOSAFE [BY REQUEST]";
  const line = 1;
  const read = parsed(() => {
    const reader = new TokenReader(tokenize(text.slice(0, MAX_STATEMENT)));
    if (reader.end()) return reader.fail("RETURN");
    returnService(reader);
    return reader.end() ? { ok: true } : reader.fail("the end");
  });
  return findings("repReturnServiceAttribute", "message" in read ? [{ line, message }] : []);
}

/**
 * spec.ttspec.repStoreAttribute.
 * @param repPort the port that every store must name
 * @param returnServiceText repReturnServiceAttribute beside it, if any: some attributes do not go well with it
 * @returns every fault and warning. Never throws.
 */
export function checkStoreAttribute(
  text: string,
  repPort: number,
  returnServiceText = "NO RETURN",
): Findings {
  const field = "repStoreAttribute";
  const read = parsed(() => {
    const reader = new TokenReader(tokenize(text.slice(0, MAX_STATEMENT)));
    const attributes = storeAttributes(reader);
    return reader.end() ? { attributes } : reader.fail("an attribute of a store, e.g. FAILTHRESHOLD 0,");
  });
  if ("message" in read) return findings(field, [read]);
  const ports = read.attributes.filter(one => one.name === "PORT");
  const wrong = ports.length === 0 || ports.some(one => one.value !== repPort);
  const faults = wrong
    ? [{ line: ports.find(one => one.value !== repPort)?.line ?? 1, message: `must contain PORT ${repPort}` }]
    : [];
  const twosafe = /\btwosafe\b/i.test(returnServiceText);
  return findings(field, faults, twosafe ? doubtfulAttributes(read.attributes) : []);
}

function trailingFaults(scheme: Scheme): Found[] {
  return scheme.trailing === null
    ? []
    : [{ line: scheme.trailing.line, message: "must be a single statement" }];
}

/** The two stores of the pair are the two Pods with the one database. */
function masterFaults(scheme: Scheme, values: StatementValues): Found[] {
  const faults: Found[] = [];
  const [line] = scheme.masters.map(master => master.line);
  const [first, second, third] = scheme.masters;
  const missing = values.hosts.some(host => !scheme.masters.some(master => isHost(master.host, host)));
  if (missing) faults.push({ line: line ?? 1, message: "must name both {{tt-node-0}} and {{tt-node-1}}" });
  else if (first === undefined || second === undefined || third !== undefined)
    faults.push({ line: third?.line ?? line ?? 1, message: "must name two stores, no more" });
  const named = [...scheme.masters, ...scheme.stores.map(({ store }) => store)].filter(store =>
    values.hosts.some(host => isHost(store.host, host)),
  );
  const others = new Map<string, StoreName>();
  for (const store of named) {
    if (store.database.toLowerCase() === values.database.toLowerCase()) continue;
    if (!others.has(store.database)) others.set(store.database, store);
  }
  for (const [name, store] of others) {
    const message = `uses the database "${shortened(name)}"; use "${values.database}" or {{tt-name}}`;
    faults.push({ line: store.line, message });
  }
  return faults;
}

/** Each store of the pair must say the port; nothing may be said of a store that is not in the scheme. */
function storeFaults(scheme: Scheme, values: StatementValues): Found[] {
  const message = `must set PORT {{tt-rep-port}} (${values.repPort}) for each store`;
  const known = [...scheme.masters, ...scheme.subscribers];
  const stray = scheme.stores
    .filter(({ store }) => !known.some(one => sameStore(one, store)))
    .map(({ store }) => ({
      line: store.line,
      message: `sets attributes of "${shortened(store.host)}", which is no store of the scheme`,
    }));
  const wrong = scheme.masters.flatMap((master): Found[] => {
    const ports = scheme.stores
      .filter(({ store }) => sameStore(store, master))
      .flatMap(({ attributes }) => attributes.filter(one => one.name === "PORT"));
    const other = ports.find(one => one.value !== values.repPort);
    if (ports.length > 0 && other === undefined) return [];
    return [{ line: other?.line ?? master.line, message }];
  });
  return [...wrong.slice(0, 1), ...stray];
}

function doubts(scheme: Scheme): Found[] {
  if (scheme.returnService !== "twosafe") return [];
  return doubtfulAttributes(scheme.stores.flatMap(({ attributes }) => attributes)).slice(0, 1);
}

/** After these a commit may be in one database only, and nobody can tell in which. */
function doubtfulAttributes(attributes: readonly StoreAttribute[]): Found[] {
  const doubtful = attributes.find(
    ({ name, value }) =>
      name.startsWith("DISABLE RETURN") || (name === "LOCAL COMMIT ACTION" && value === "COMMIT"),
  );
  if (doubtful === undefined) return [];
  return [{ line: doubtful.line, message: `RETURN TWOSAFE and ${doubtful.name}: ${DOUBTFUL}` }];
}

function isHost(given: string, wanted: string): boolean {
  const [one, other] = [given.toLowerCase(), wanted.toLowerCase()];
  return one === other || one.startsWith(`${other}.`);
}

function sameStore(a: StoreName, b: StoreName): boolean {
  return (
    a.host.toLowerCase() === b.host.toLowerCase() && a.database.toLowerCase() === b.database.toLowerCase()
  );
}

/** @returns what `read` gives, or the fault that the text has */
function parsed<T extends object>(read: () => T): T | Found {
  try {
    return read();
  } catch (error) {
    if (error instanceof TokenError || error instanceof SyntaxFault)
      return { line: error.line, message: error.message };
    throw error;
  }
}

function findings(file: string, faults: readonly Found[], warnings: readonly Found[] = []): Findings {
  const placed = (one: Found): FileFault => ({ file, path: `spec.ttspec.${file}`, ...one });
  return { faults: listed(faults.map(placed)), warnings: listed(warnings.map(placed)) };
}
