/** What is wrong with the texts a user gives: metadata files, and statements inside an object. */

/** One fault or warning. Its message never holds a secret: no password, no value of an attribute that may be one. */
export interface FileFault {
  /** Key of the file, e.g. db.ini; for a text inside the object the name of its field. */
  file: string;
  /** Counted from 1; 0 means the file as a whole. */
  line: number;
  /** Where the text stands, e.g. spec.ttspec.repCreateStatement; absent where it is a file of its own. */
  path?: string;
  /** A sentence without file and line. */
  message: string;
}

/** Faults forbid to go on; warnings are legal but doubtful. Both in the order of their lines. */
export interface Findings {
  faults: FileFault[];
  warnings: FileFault[];
}

/** No more of one file is listed: a user mends the first ones first, and a condition has to stay readable. */
const MAX_LISTED = 20;
const MAX_QUOTED = 60;

/** @returns e.g. `db.ini, line 3: DataStore must not be given…`; a text of the object begins with its path */
export function describeFileFault(fault: FileFault): string {
  const where = fault.path ?? fault.file;
  return `${where}${fault.line > 0 ? `, line ${fault.line}` : ""}: ${fault.message}`;
}

/** @returns the first faults, and instead of the rest one that counts them */
export function listed(faults: readonly FileFault[]): FileFault[] {
  const rest = faults.length - MAX_LISTED;
  const last = faults[MAX_LISTED];
  if (last === undefined) return [...faults];
  return [...faults.slice(0, MAX_LISTED), { ...last, message: `${rest} more faults` }];
}

/** @returns the text on one line, without control characters, cut where it is long: fit for a message */
export function shortened(text: string): string {
  // A long text is cut before anything is done to it.
  const clean = text
    .slice(0, MAX_QUOTED * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return clean.length <= MAX_QUOTED ? clean : `${clean.slice(0, MAX_QUOTED)}…`;
}
