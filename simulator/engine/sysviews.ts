/** A few of TimesTen's system tables, filled when a statement names them. */
import type { Token } from "../sql/tokens";
import type { Database } from "./database";
import type { Value } from "./records";

interface SystemView {
  columns: string[];
  rows: (database: Database) => Value[][];
}

const split = (name: string): [string, string] => [
  name.slice(0, name.indexOf(".")),
  name.slice(name.indexOf(".") + 1),
];

const views: Record<string, SystemView> = {
  "SYS.TABLES": {
    columns: ["TBLNAME", "TBLOWNER", "NUMTUPS"],
    rows: db =>
      Object.keys(db.catalog.tables).map(name => {
        const [owner, table] = split(name);
        return [table, owner, db.store.query(false, `SELECT COUNT(*) FROM "${name}"`).rows[0]?.[0] ?? 0];
      }),
  },
  "SYS.ALL_TABLES": {
    columns: ["OWNER", "TABLE_NAME"],
    rows: db => Object.keys(db.catalog.tables).map(name => split(name)),
  },
  "SYS.ALL_USERS": { columns: ["USERNAME"], rows: db => Object.keys(db.catalog.users).map(name => [name]) },
  "SYS.MONITOR": {
    columns: ["REPLICATION_ROLE", "LAST_LOG_FILE", "XACT_COMMITS"],
    rows: db => [[db.state, db.log.position().file, db.csn]],
  },
  "TTREP.REPLICATIONS": {
    columns: ["REPLICATION_NAME", "REPLICATION_OWNER"],
    rows: db => (db.control.scheme === null ? [] : [["_ACTIVESTANDBY", "TTREP"]]),
  },
  "TTREP.TTSTORES": {
    columns: ["TT_STORE_NAME", "HOST_NAME"],
    rows: db =>
      [...(db.control.scheme?.masters ?? []), ...(db.control.scheme?.subscribers ?? [])].map(store => [
        store.database.toUpperCase(),
        store.host,
      ]),
  },
};

/**
 * Brings the system tables that the tokens name up to date, in a transaction of its own.
 * Does nothing while another transaction is open: then the rows are those of the last look.
 * @returns whether the tokens name any
 */
export function refreshSystemViews(database: Database, tokens: Token[]): boolean {
  const named = Object.keys(views).filter(name => tokens.some(token => token.text === split(name)[1]));
  for (const name of named) {
    const view = views[name];
    if (view === undefined) continue;
    const known = database.catalog.tables[name] !== undefined;
    try {
      database.store.exec("BEGIN IMMEDIATE");
    } catch {
      continue;
    }
    if (known) database.store.run(`DELETE FROM "${name}"`);
    else database.store.define(`CREATE TABLE IF NOT EXISTS "${name}" (${view.columns.join(", ")})`);
    for (const row of view.rows(database))
      database.store.run(`INSERT INTO "${name}" VALUES (${row.map(() => "?").join(", ")})`, row);
    database.store.exec("COMMIT");
    database.catalog.tables[name] = {
      columns: view.columns.map(column => ({ name: column, type: "VARCHAR2 (200)", nullable: true })),
      primaryKey: [],
    };
  }
  return named.length > 0;
}
