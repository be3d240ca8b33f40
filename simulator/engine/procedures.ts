/** Built-in procedures: `call ttXxx(...)`. */
import { errors } from "../shared/errors";
import type { Database } from "./database";
import type { Value } from "./records";
import type { Procedures, Result, Session } from "./session";

/** What a procedure gets to work with. */
export interface ProcedureContext {
  database: Database;
  /** Name of this host as people know it. */
  host: string;
}

/** One procedure. */
export type Procedure = (session: Session, parameters: Value[]) => Result | Promise<Result>;

/** A result of rows. */
export const rows = (columns: string[], ...values: Value[][]): Result => ({
  kind: "rows",
  columns,
  rows: values,
});
export const done: Result = { kind: "done" };

/** Procedures that have nothing to do with replication. */
export function generalProcedures({ database, host }: ProcedureContext): Record<string, Procedure> {
  return {
    TTHOSTNAMEGET: () => rows(["HOSTNAME"], [host.split(".")[0]?.toUpperCase() ?? host]),
    TTCKPT: session => {
      session.require("ADMIN");
      database.checkpoint();
      return done;
    },
    TTCKPTBLOCKING: session => {
      session.require("ADMIN");
      database.checkpoint();
      return done;
    },
    TTDURABLECOMMIT: () => {
      database.log.flush();
      return done;
    },
    TTBOOKMARK: () => {
      const { written, forced, held } = database.bookmark();
      const part = (position: string): Value[] => position.split(".").map(Number);
      return rows(
        ["WRITELFN", "WRITELFO", "FORCELFN", "FORCELFO", "HOLDLFN", "HOLDLFO"],
        [...part(written), ...part(forced), ...part(held)],
      );
    },
    TTLOGHOLDS: () => rows(["HOLDLFN", "HOLDLFO", "TYPE", "DESCRIPTION"]),
    TTOPTUPDATESTATS: () => done,
    TTCONFIGURATION: () => rows(["PARAMNAME", "PARAMVALUE"], ["DataStore", database.options.dataStore]),
    TTDATASTORESTATUS: () => rows(["DATASTORE"], [database.options.dataStore]),
    TTCACHEUIDGET: () => rows(["UID"], [null]),
    TTCACHESTART: () => {
      throw errors.unsupported("The cache agent");
    },
    TTCACHESTOP: () => {
      throw errors.agentStopped();
    },
  };
}

/** @returns the dispatcher over several sets of procedures */
export function dispatcher(...sets: Record<string, Procedure>[]): Procedures {
  const all = new Map(sets.flatMap(set => Object.entries(set)));
  return async (session, name, parameters) => {
    const procedure = all.get(name);
    if (procedure === undefined) throw errors.noProcedure(name);
    return procedure(session, parameters);
  };
}
