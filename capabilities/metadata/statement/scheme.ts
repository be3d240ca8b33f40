/** CREATE ACTIVE STANDBY PAIR, parsed (TimesTen SQL Reference, the statement of that name). */
import { SyntaxFault, TokenReader } from "./reader";
import { tokenize, type Token } from "./tokens";

/** A database of the scheme: `"name" on "host"`. */
export interface StoreName {
  database: string;
  /** In quotes or with letters as written; in lower case where it is not quoted. */
  host: string;
  line: number;
}

/** One attribute of a STORE clause, e.g. PORT 4444. */
export interface StoreAttribute {
  /** Its words, e.g. "DISABLE RETURN ALL". */
  name: string;
  /** A number or a word. */
  value: number | string;
  line: number;
}

export type ReturnService = "none" | "receipt" | "twosafe";

/** The statement as a value. */
export interface Scheme {
  /** As many as are given: whether it is two, and the right two, is checked apart. */
  masters: StoreName[];
  returnService: ReturnService;
  byRequest: boolean;
  subscribers: StoreName[];
  stores: { store: StoreName; attributes: StoreAttribute[] }[];
  /** What stands behind the semicolon that ends the statement; null when nothing does. */
  trailing: Token | null;
}

const BEGIN = ["CREATE", "ACTIVE", "STANDBY", "PAIR"] as const;

/**
 * @param text of the statement, its variables filled in
 * @returns the scheme
 * @throws TokenError, SyntaxFault: each with the line and a message for people
 */
export function parseScheme(text: string): Scheme {
  const reader = new TokenReader(tokenize(text));
  const line = reader.line;
  if (!reader.accept(...BEGIN)) throw new SyntaxFault(line, 'must begin with "create active standby pair"');
  const masters = storeNames(reader);
  const scheme: Scheme = { masters, ...returnService(reader), subscribers: [], stores: [], trailing: null };
  while (!reader.end()) {
    if (reader.acceptSymbol(";")) continueToEnd(reader, scheme);
    else clause(reader, scheme);
    if (scheme.trailing !== null) break;
  }
  return scheme;
}

function continueToEnd(reader: TokenReader, scheme: Scheme): void {
  while (reader.acceptSymbol(";")) continue;
  scheme.trailing = reader.peek() ?? null;
}

function clause(reader: TokenReader, scheme: Scheme): void {
  if (reader.accept("SUBSCRIBER")) scheme.subscribers.push(...storeNames(reader));
  else if (reader.accept("STORE")) {
    const store = storeName(reader);
    const attributes = storeAttributes(reader);
    if (attributes.length === 0) reader.fail("an attribute of the store, e.g. PORT,");
    scheme.stores.push({ store, attributes });
  } else if (reader.accept("ROUTE")) route(reader);
  else if (reader.accept("INCLUDE") || reader.accept("EXCLUDE")) objects(reader);
  else reader.fail("SUBSCRIBER, STORE, ROUTE, INCLUDE, EXCLUDE or the end");
}

/** @returns the return service that comes next; none where nothing is said. @throws SyntaxFault */
export function returnService(reader: TokenReader): Pick<Scheme, "returnService" | "byRequest"> {
  if (reader.accept("NO", "RETURN")) return { returnService: "none", byRequest: false };
  if (!reader.accept("RETURN")) return { returnService: "none", byRequest: false };
  const service = reader.oneOf("RECEIPT", "TWOSAFE") === "RECEIPT" ? "receipt" : "twosafe";
  return { returnService: service, byRequest: reader.accept("BY", "REQUEST") };
}

/** @returns all attributes that come next, up to what is none. @throws SyntaxFault inside one */
export function storeAttributes(reader: TokenReader): StoreAttribute[] {
  const found: StoreAttribute[] = [];
  for (;;) {
    const line = reader.line;
    const attribute = storeAttribute(reader);
    if (attribute === null) return found;
    found.push({ ...attribute, line });
  }
}

const NUMBERED = [
  ["PORT"],
  ["TIMEOUT"],
  ["FAILTHRESHOLD"],
  ["RESUME", "RETURN"],
  ["RETURN", "WAIT", "TIME"],
  ["DISABLE", "RETURN", "SUBSCRIBER"],
  ["DISABLE", "RETURN", "ALL"],
  ["CONFLICT", "REPORTING", "SUSPEND", "AT"],
  ["CONFLICT", "REPORTING", "RESUME", "AT"],
];
const SWITCHED = [
  { words: ["DURABLE", "COMMIT"], values: ["ON", "OFF"] },
  { words: ["COMPRESS", "TRAFFIC"], values: ["ON", "OFF"] },
  { words: ["TABLE", "DEFINITION", "CHECKING"], values: ["RELAXED", "EXACT"] },
];

function storeAttribute(reader: TokenReader): Omit<StoreAttribute, "line"> | null {
  const numbered = NUMBERED.find(words => reader.accept(...words))?.join(" ");
  if (numbered !== undefined) return { name: numbered, value: reader.number(numbered) };
  const switched = SWITCHED.find(({ words }) => reader.accept(...words));
  if (switched !== undefined)
    return { name: switched.words.join(" "), value: reader.oneOf(...switched.values) };
  if (reader.accept("LOCAL", "COMMIT", "ACTION")) {
    const value = reader.accept("NO", "ACTION") ? "NO ACTION" : reader.oneOf("COMMIT", "NO ACTION");
    return { name: "LOCAL COMMIT ACTION", value };
  }
  if (reader.accept("RETURN", "SERVICES")) {
    const value = reader.oneOf("ON", "OFF");
    reader.expect("WHEN");
    reader.accept("REPLICATION");
    reader.expect("STOPPED");
    return { name: "RETURN SERVICES WHEN STOPPED", value };
  }
  return null;
}

/** ROUTE MASTER store SUBSCRIBER store, then addresses with priorities. */
function route(reader: TokenReader): void {
  reader.expect("MASTER");
  storeName(reader);
  reader.expect("SUBSCRIBER");
  storeName(reader);
  let addresses = 0;
  while (reader.accept("MASTERIP") || reader.accept("SUBSCRIBERIP")) {
    hostName(reader);
    reader.expect("PRIORITY");
    reader.number("PRIORITY");
    addresses += 1;
  }
  if (addresses === 0) reader.fail("MASTERIP or SUBSCRIBERIP");
}

/** Lists of tables, cache groups and sequences. */
function objects(reader: TokenReader): void {
  const kind = (): boolean =>
    reader.accept("TABLE") || reader.accept("SEQUENCE") || reader.accept("CACHE", "GROUP");
  if (!kind()) reader.fail("TABLE, CACHE GROUP or SEQUENCE");
  objectName(reader);
  while (reader.acceptSymbol(",")) {
    kind();
    objectName(reader);
  }
}

function objectName(reader: TokenReader): void {
  basicName(reader, "a name");
  if (reader.acceptSymbol(".")) basicName(reader, "a name");
}

function storeNames(reader: TokenReader): StoreName[] {
  const found = [storeName(reader)];
  while (reader.acceptSymbol(",")) found.push(storeName(reader));
  return found;
}

function storeName(reader: TokenReader): StoreName {
  const line = reader.line;
  const database = basicName(reader, "the name of a database");
  reader.expect("ON");
  return { database, host: hostName(reader), line };
}

function basicName(reader: TokenReader, what: string): string {
  const token = reader.peek();
  if (token?.kind !== "word" && token?.kind !== "quoted") return reader.fail(what);
  reader.next();
  return token.kind === "word" ? token.text.toLowerCase() : token.text;
}

/** In quotes, or as it is: then it reaches up to a blank. */
function hostName(reader: TokenReader): string {
  const first = reader.peek();
  if (first === undefined || first.kind === "symbol") return reader.fail("the name of a host");
  reader.next();
  if (first.kind === "quoted" || first.kind === "string") return first.text;
  let [host, end] = [first.text, first.end];
  for (let part = reader.peek(); part !== undefined && part.start === end; part = reader.peek()) {
    if (part.kind === "symbol" && part.text !== "." && part.text !== "-") break;
    if (part.kind === "quoted" || part.kind === "string") break;
    host += part.text;
    end = part.end;
    reader.next();
  }
  return host.toLowerCase();
}
