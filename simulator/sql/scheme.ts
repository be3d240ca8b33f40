/** CREATE ACTIVE STANDBY PAIR: the replication scheme as a value. */
import { errors } from "../shared/errors";
import { identifier, isOp, literal, type Reader } from "./tokens";

export type ReturnService = "none" | "receipt" | "twosafe";

/** One database of the scheme and its STORE attributes. */
export interface Store {
  database: string;
  host: string;
  /** Replication port; 0 when the scheme names none: TimesTen then picks one, the simulator takes 4444. */
  port: number;
  /** FAILTHRESHOLD: log files held for a silent peer before it counts as failed; 0 for ever. */
  failThreshold: number;
  /** TIMEOUT: seconds of silence after which the connection is given up. */
  timeoutS: number;
  /** RETURN WAIT TIME in seconds. */
  returnWaitS: number;
  localCommit: "no action" | "commit";
  /** DISABLE RETURN ALL n: time-outs after which commits stop waiting; 0 never. */
  disableReturn: number;
  /** RESUME RETURN: latency in ms below which waiting starts again; 0 never. */
  resumeReturnMs: number;
  /** RETURN SERVICES ON WHEN STOPPED; null: the service's own default. */
  returnWhenStopped: boolean | null;
  durableCommit: boolean;
}

/** A whole scheme. */
export interface Scheme {
  masters: [Store, Store];
  subscribers: Store[];
  returnService: ReturnService;
  byRequest: boolean;
  /** Tables left out, or the only ones in: `OWNER.NAME`. */
  include: string[] | null;
  exclude: string[];
  /** The statement as given. */
  text: string;
}

const storeDefaults: Omit<Store, "database" | "host"> = {
  port: 0,
  failThreshold: 0,
  timeoutS: 120,
  returnWaitS: 10,
  localCommit: "no action",
  disableReturn: 0,
  resumeReturnMs: 0,
  returnWhenStopped: null,
  durableCommit: false,
};

function storeName(reader: Reader): Store {
  const token = reader.next();
  const database = token?.kind === "word" ? token.text.toLowerCase() : literal(token);
  reader.expect("ON");
  const first = reader.next();
  let host = first?.kind === "word" ? first.text.toLowerCase() : literal(first);
  while (first?.kind === "word" && (reader.acceptOp(".") || isOp(reader.peek(), "-"))) {
    if (reader.acceptOp("-")) host += "-";
    else host += ".";
    host += (reader.next()?.text ?? "").toLowerCase();
  }
  return { database, host, ...storeDefaults };
}

function stores(reader: Reader): Store[] {
  const list = [storeName(reader)];
  while (reader.acceptOp(",")) list.push(storeName(reader));
  return list;
}

function onOff(reader: Reader): boolean {
  if (reader.accept("ON")) return true;
  reader.expect("OFF");
  return false;
}

const number = (reader: Reader): number => Number(reader.next()?.text);

/** One STORE attribute. @returns false when none comes next */
function storeAttribute(reader: Reader, store: Store): boolean {
  if (reader.accept("PORT")) store.port = number(reader);
  else if (reader.accept("FAILTHRESHOLD")) store.failThreshold = number(reader);
  else if (reader.accept("TIMEOUT")) store.timeoutS = number(reader);
  else if (reader.accept("RETURN", "WAIT", "TIME")) store.returnWaitS = number(reader);
  else if (reader.accept("DISABLE", "RETURN")) {
    if (!reader.accept("ALL")) reader.expect("SUBSCRIBER");
    store.disableReturn = number(reader);
  } else if (reader.accept("RESUME", "RETURN")) store.resumeReturnMs = number(reader);
  else if (reader.accept("LOCAL", "COMMIT", "ACTION")) {
    if (reader.accept("COMMIT")) store.localCommit = "commit";
    else reader.expect("NO", "ACTION");
  } else if (reader.accept("RETURN", "SERVICES")) {
    store.returnWhenStopped = onOff(reader);
    reader.expect("WHEN");
    reader.accept("REPLICATION");
    reader.expect("STOPPED");
  } else if (reader.accept("DURABLE", "COMMIT")) store.durableCommit = onOff(reader);
  else if (reader.accept("COMPRESS", "TRAFFIC")) onOff(reader);
  else if (reader.accept("TABLE", "DEFINITION", "CHECKING")) reader.next();
  else if (reader.accept("CONFLICT", "REPORTING")) reader.next();
  else return false;
  return true;
}

function returnService(reader: Reader, scheme: Scheme): void {
  if (reader.accept("NO", "RETURN")) return;
  if (!reader.accept("RETURN")) return;
  if (reader.accept("RECEIPT")) scheme.returnService = "receipt";
  else {
    reader.expect("TWOSAFE");
    scheme.returnService = "twosafe";
  }
  if (reader.accept("BY", "REQUEST")) scheme.byRequest = true;
}

function filter(reader: Reader, scheme: Scheme, user: string, excluding: boolean): void {
  let kind = "";
  do {
    if (reader.accept("TABLE")) kind = "table";
    else if (reader.accept("SEQUENCE")) kind = "sequence";
    else if (reader.accept("CACHE", "GROUP")) kind = "cache group";
    if (kind === "") throw errors.syntax(reader.peek()?.text ?? "end of statement");
    const { owner, name } = reader.name();
    if (kind !== "table") continue;
    if (excluding) scheme.exclude.push(`${owner ?? user}.${name}`);
    else scheme.include = [...(scheme.include ?? []), `${owner ?? user}.${name}`];
  } while (reader.acceptOp(","));
}

const sameStore = (a: Store, b: Store): boolean =>
  a.database.toLowerCase() === b.database.toLowerCase() && a.host.toLowerCase() === b.host.toLowerCase();

/**
 * @param reader behind CREATE ACTIVE STANDBY PAIR
 * @param user schema of unqualified table names
 * @param text the statement
 * @throws TimesTenError 1001
 */
export function parseScheme(reader: Reader, user: string, text: string): Scheme {
  const [first, second, ...more] = stores(reader);
  if (first === undefined || second === undefined || more.length > 0)
    throw errors.syntax("two stores are needed");
  const scheme: Scheme = {
    masters: [first, second],
    subscribers: [],
    returnService: "none",
    byRequest: false,
    include: null,
    exclude: [],
    text,
  };
  returnService(reader, scheme);
  while (!reader.end()) {
    if (reader.accept("SUBSCRIBER")) scheme.subscribers.push(...stores(reader));
    else if (reader.accept("STORE")) {
      const named = storeName(reader);
      const known = [...scheme.masters, ...scheme.subscribers].find(store => sameStore(store, named));
      if (known === undefined) throw errors.syntax(`STORE ${named.database} ON ${named.host}`);
      while (storeAttribute(reader, known)) continue;
    } else if (reader.accept("INCLUDE")) filter(reader, scheme, user, false);
    else if (reader.accept("EXCLUDE")) filter(reader, scheme, user, true);
    else throw errors.syntax(reader.peek()?.text ?? identifier(undefined));
  }
  return scheme;
}

/** @returns whether the table takes part in replication */
export function isReplicated(scheme: Scheme, table: string): boolean {
  if (table.startsWith("SYS.") && table !== "SYS.SEQUENCES") return false;
  if (scheme.include !== null) return scheme.include.includes(table) || table === "SYS.SEQUENCES";
  return !scheme.exclude.includes(table);
}
