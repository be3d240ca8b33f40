/** db.ini of the user, and the data source that is made of it. Pure. */
import { describeFileFault, parseDbIni, type Attribute } from "../../capabilities/metadata";
import { ConfigError } from "./config";

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
 * @param text of db.ini
 * @returns its attributes, in order
 * @throws ConfigError that names every faulty line, never a value
 */
export function attributesOfDbIni(text: string): Attribute[] {
  const { attributes, faults } = parseDbIni(text);
  if (faults.length > 0) throw new ConfigError(faults.map(describeFileFault).join("; "));
  return attributes;
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
