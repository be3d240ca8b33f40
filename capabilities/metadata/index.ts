/** Parsers of everything a user gives as text. Pure: texts in, values and faults with file and line out. */
export * from "./databaseMemory";
export * from "./dbIni";
export * from "./fault";
export * from "./metadata";
export * from "./sources";
export * from "./sqlFile";
export * from "./sqlFiles";
export * from "./sqlSecrets";
export * from "./statement";
export * from "./userFile";
