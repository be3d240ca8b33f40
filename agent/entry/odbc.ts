/** db.ini of the user, and the data source that is made of it. Pure. */
import { ConfigError } from "./config";

/** One connection attribute, as it was written. */
export interface Attribute {
  name: string;
  value: string;
}

/** Where the database lies is the operator's business: these lines are refused. */
const REFUSED = ["datastore", "logdir", "driver"];
/** Without these an active standby pair cannot be run: the user's values do not count. */
const OURS: readonly Attribute[] = [
  { name: "AutoCreate", value: "0" },
  { name: "ForceDisconnectEnabled", value: "1" },
];
/** Used where the user says nothing. */
const DEFAULTS: readonly Attribute[] = [
  { name: "DatabaseCharacterSet", value: "AL32UTF8" },
  { name: "PermSize", value: "200" },
  { name: "DDLReplicationLevel", value: "3" },
];

/**
 * @param text lines `Attribute=value`; blank lines and lines that begin with # or ; are comments
 * @returns the attributes in order; of one given twice the last
 * @throws ConfigError naming the line (never its value)
 */
export function parseDbIni(text: string): Attribute[] {
  const found = new Map<string, Attribute>();
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) return;
    const where = `db.ini, line ${index + 1}`;
    const pair = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (pair === null) throw new ConfigError(`${where}: not of the form Attribute=value`);
    const [name, value] = [pair[1] ?? "", pair[2] ?? ""];
    if (REFUSED.includes(name.toLowerCase())) {
      throw new ConfigError(`${where}: ${name} must not be given, the operator sets it`);
    }
    found.set(name.toLowerCase(), { name, value });
  });
  return [...found.values()];
}

/** What of the data source depends on the pod. */
export interface DataSourcePlace {
  db: string;
  dataStore: string;
  logDir: string | null;
  /** Shared library of the direct driver. */
  driver: string;
}

/** @returns the text of sys.odbc.ini with the one data source of the database */
export function renderOdbcIni(place: DataSourcePlace, wanted: readonly Attribute[]): string {
  const names = (list: readonly Attribute[]) => list.map(attribute => attribute.name.toLowerCase());
  const free = wanted.filter(attribute => !names(OURS).includes(attribute.name.toLowerCase()));
  const defaults = DEFAULTS.filter(attribute => !names(free).includes(attribute.name.toLowerCase()));
  const location = [
    { name: "Driver", value: place.driver },
    { name: "DataStore", value: place.dataStore },
    ...(place.logDir === null ? [] : [{ name: "LogDir", value: place.logDir }]),
  ];
  const lines = [...location, ...defaults, ...free, ...OURS].map(({ name, value }) => `${name}=${value}`);
  return ["[ODBC Data Sources]", `${place.db}=TimesTen Driver`, "", `[${place.db}]`, ...lines, ""].join("\n");
}
