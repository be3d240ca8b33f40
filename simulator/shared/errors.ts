/**
 * TimesTen's errors by number, as far as the simulator raises them. Numbers and texts follow Oracle's public
 * error help; where that is silent the text is the simulator's own and `docs/simulator.md` says so.
 */

/** An error as TimesTen reports it: `<code>: <message>`. */
export class TimesTenError extends Error {
  constructor(
    /** TimesTen's number, e.g. 16265. */
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = "TimesTenError";
  }

  /** @returns the line ttIsql prints */
  line(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** One function per error; arguments are names shown in the text. */
export const errors = {
  lockTimeout: (): TimesTenError =>
    new TimesTenError(
      6003,
      "Lock request denied because of time-out\nDetails: the transaction lock is held by another connection",
    ),
  manuallyUnloaded: (): TimesTenError =>
    new TimesTenError(707, "Attempt to connect to a data store that has been manually unloaded from RAM"),
  recovering: (): TimesTenError =>
    new TimesTenError(704, "Connecting to a database undergoing recovery after invalidation"),
  noSuchDatabase: (path: string): TimesTenError =>
    new TimesTenError(836, `Cannot create data store ${path}: it does not exist and AutoCreate is 0`),
  cannotCreate: (path: string): TimesTenError =>
    new TimesTenError(847, `Cannot create database files at ${path}: the directory does not exist`),
  otherMajor: (theirs: string, ours: string): TimesTenError =>
    new TimesTenError(
      400,
      `Database header fails basic sanity test: files of TimesTen ${theirs}, this is TimesTen ${ours}`,
    ),
  duplicateAcross: (source: string, copy: string): TimesTenError =>
    new TimesTenError(8149, `a database of TimesTen ${source} cannot be duplicated to TimesTen ${copy}`),
  inUseElsewhere: (path: string, pid: number): TimesTenError =>
    new TimesTenError(846, `Data store ${path} is still held by process ${pid}`),
  terminated: (): TimesTenError =>
    new TimesTenError(994, "Database connection terminated. Please reconnect."),
  authentication: (): TimesTenError => new TimesTenError(7001, "User authentication failed"),
  noPassword: (): TimesTenError =>
    new TimesTenError(7002, "Password not given and the caller is not this user"),
  privilege: (user: string, privilege: string): TimesTenError =>
    new TimesTenError(15100, `User ${user} lacks privilege ${privilege}`),
  closed: (): TimesTenError => new TimesTenError(10053, "Database is not open for connections"),
  inUse: (): TimesTenError => new TimesTenError(12030, "Database is in use"),
  dsn: (name: string): TimesTenError =>
    new TimesTenError(0, `Data source name not found and no default driver specified: ${name}`),
  noDaemon: (): TimesTenError => new TimesTenError(799, "Unable to connect to daemon; check daemon status"),
  server: (detail: string): TimesTenError =>
    new TimesTenError(0, `TimesTen Client could not reach the server: ${detail}`),

  syntax: (near: string): TimesTenError =>
    new TimesTenError(1001, `Syntax error in SQL statement before or at: "${near}"`),
  table: (name: string): TimesTenError => new TimesTenError(2206, `Table ${name} not found`),
  tableExists: (name: string): TimesTenError => new TimesTenError(2207, `Table ${name} already exists`),
  column: (name: string): TimesTenError => new TimesTenError(2211, `Referenced column ${name} not found`),
  indexExists: (name: string): TimesTenError => new TimesTenError(2213, `Index ${name} already exists`),
  index: (name: string): TimesTenError => new TimesTenError(2212, `Index ${name} not found`),
  sequence: (name: string): TimesTenError => new TimesTenError(2278, `Sequence ${name} not found`),
  noUser: (name: string): TimesTenError => new TimesTenError(15007, `User ${name} does not exist`),
  userExists: (name: string): TimesTenError => new TimesTenError(15003, `User ${name} already exists`),
  unique: (constraint: string): TimesTenError =>
    new TimesTenError(907, `Unique constraint (${constraint}) violated`),
  notNull: (column: string): TimesTenError =>
    new TimesTenError(2606, `Column ${column} does not accept NULL`),
  foreignKey: (): TimesTenError => new TimesTenError(3001, "Foreign key violation"),
  sqlite: (text: string): TimesTenError =>
    new TimesTenError(1002, `Statement not understood by the simulator: ${text}`),
  unsupported: (what: string): TimesTenError =>
    new TimesTenError(1900, `${what} is not supported by the simulator`),
  noProcedure: (name: string): TimesTenError => new TimesTenError(2801, `Procedure ${name} not found`),
  argument: (text: string): TimesTenError => new TimesTenError(2802, text),

  noScheme: (): TimesTenError => new TimesTenError(8123, "An ACTIVE STANDBY PAIR scheme does not exist"),
  schemeExists: (): TimesTenError =>
    new TimesTenError(
      8126,
      "An ACTIVE STANDBY PAIR replication scheme already exists and must be the only replication scheme for the database.",
    ),
  notAStore: (host: string): TimesTenError =>
    new TimesTenError(8191, `This store (host ${host}) is not involved in a replication scheme`),
  noPrimaryKey: (table: string): TimesTenError =>
    new TimesTenError(
      8000,
      `No primary or unique index on non-nullable column found for replicated table ${table}`,
    ),
  newTableNeedsKey: (): TimesTenError =>
    new TimesTenError(
      17061,
      "When DDLReplicationAction='INCLUDE' tables must be created with a primary key or a unique constraint on non-nullable column(s)",
    ),
  standby: (table: string): TimesTenError =>
    new TimesTenError(16265, `This database is currently the STANDBY.  Change to ${table} not permitted.`),
  catchUp: (): TimesTenError =>
    new TimesTenError(8112, "Operation not permitted. Master Catch-up not complete."),
  notActive: (): TimesTenError =>
    new TimesTenError(8145, "The local database needs to be in the ACTIVE state for this operation"),
  saveNotActive: (): TimesTenError =>
    new TimesTenError(8062, "The local database is not in the ACTIVE state"),
  peerNotStandby: (): TimesTenError =>
    new TimesTenError(8139, "The specified peer database is not in the STANDBY state"),
  notEligible: (why: string): TimesTenError =>
    new TimesTenError(8141, `Local database not eligible to be set to the ACTIVE state: ${why}`),
  duplicateFromActive: (): TimesTenError =>
    new TimesTenError(8143, "The STANDBY can only be duplicated from the ACTIVE"),
  activeMeetsActive: (): TimesTenError =>
    new TimesTenError(16272, "Operation not permitted on a database in the ACTIVE state."),
  returnTimeout: (csn: number): TimesTenError =>
    new TimesTenError(
      8170,
      `Receipt or commit acknowledgment not returned in the specified timeout interval for XID:${csn}`,
    ),
  commitBegun: (): TimesTenError =>
    new TimesTenError(8197, "Operation not permitted once commit processing has begun"),
  agentRunning: (): TimesTenError =>
    new TimesTenError(12026, "The agent is already running for the database"),
  agentStopped: (): TimesTenError =>
    new TimesTenError(12027, "The agent is already stopped for the database"),
  stopAgentFirst: (): TimesTenError =>
    new TimesTenError(
      5245,
      "The operation cannot be executed while the Replication Agent for this database is running.",
    ),
  agentNotRunning: (): TimesTenError =>
    new TimesTenError(8093, "The local replication agent needs to be running for this operation"),
} as const;

/**
 * @param value anything thrown
 * @returns it as a TimesTen error; what is not one becomes 799 with its own text
 */
export function asTimesTenError(value: unknown): TimesTenError {
  if (value instanceof TimesTenError) return value;
  return new TimesTenError(799, value instanceof Error ? value.message : String(value));
}
