/** db.ini: the connection attributes of the database, lines `Attribute=value`. */
import { listed, type FileFault, type Findings } from "./fault";
import { hasControls, linesOf } from "./text";

const FILE = "db.ini";

/** One connection attribute, as it was written. */
export interface Attribute {
  name: string;
  value: string;
}

/** What a db.ini says. Where it has faults, `attributes` holds the lines without one. */
export interface DbIni extends Findings {
  /** In the order of the file; of one given twice the last value. */
  attributes: Attribute[];
}

/** Where the database lies is the operator's business. */
const FORBIDDEN = ["datastore", "logdir", "driver"];
/** Attributes that are whole numbers, with their bounds (TimesTen Reference, "Connection attributes"); 0 asks for TimesTen's own default. */
const NUMBERS: Record<string, { least: number; most: number }> = {
  permsize: { least: 1, most: 2 ** 31 - 1 },
  tempsize: { least: 0, most: 2 ** 31 - 1 },
  logbufmb: { least: 0, most: 65_536 },
  logfilesize: { least: 0, most: 2 ** 31 - 1 },
  logbufparallelism: { least: 0, most: 64 },
  connections: { least: 0, most: 32_000 },
};
/** LogBufMB per strand of the log buffer. */
const LEAST_BUFFER_MB = 8;

/**
 * @param text of the file; blank lines and lines that begin with # or ; are comments
 * @returns attributes, faults and warnings; a message names the attribute, never its value. Never throws.
 */
export function parseDbIni(text: string): DbIni {
  const attributes = new Map<string, Attribute & { line: number }>();
  const faults: FileFault[] = [];
  const warnings: FileFault[] = [];
  linesOf(text).forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    const at = { file: FILE, line: index + 1 };
    const read = parseLine(line);
    if (typeof read === "string") {
      faults.push({ ...at, message: read });
      return;
    }
    const before = attributes.get(read.name.toLowerCase());
    if (before !== undefined)
      warnings.push({
        ...at,
        message: `${read.name} is given in line ${before.line} already; the last one counts`,
      });
    attributes.set(read.name.toLowerCase(), { ...read, line: index + 1 });
  });
  const found = [...attributes.values()];
  const together = checkTogether(found);
  return {
    attributes: found.map(({ name, value }) => ({ name, value })),
    faults: listed([...faults, ...together.faults]),
    warnings: listed([...warnings, ...together.warnings]),
  };
}

/** @returns the attribute of a line, or what is wrong with it */
function parseLine(line: string): Attribute | string {
  if (hasControls(line)) return "holds a control character; the file must be plain text";
  if (line.startsWith("[")) return "a section header is not allowed; write the lines Attribute=value alone";
  const equals = line.indexOf("=");
  const name = line.slice(0, Math.max(equals, 0)).trim();
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return "not of the form Attribute=value";
  const key = name.toLowerCase();
  if (FORBIDDEN.includes(key)) return `${name} must not be given: the operator places the database`;
  const value = line.slice(equals + 1).trim();
  const bounds = Object.hasOwn(NUMBERS, key) ? NUMBERS[key] : undefined;
  if (bounds === undefined) return { name, value };
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= bounds.least && number <= bounds.most) return { name, value };
  return `${name} must be a whole number from ${bounds.least} to ${bounds.most}`;
}

/** What holds between attributes. */
function checkTogether(found: readonly (Attribute & { line: number })[]): Findings {
  const get = (name: string) => found.find(one => one.name.toLowerCase() === name);
  const [buffer, file, strands] = [get("logbufmb"), get("logfilesize"), get("logbufparallelism")];
  const faults: FileFault[] = [];
  const warnings: FileFault[] = [];
  if (buffer === undefined) return { faults, warnings };
  if (file !== undefined && Number(file.value) > 0 && Number(file.value) < Number(buffer.value)) {
    faults.push({ file: FILE, line: file.line, message: "LogFileSize must not be less than LogBufMB" });
  }
  if (strands !== undefined && Number(buffer.value) < LEAST_BUFFER_MB * Number(strands.value)) {
    const message = `LogBufMB divided by LogBufParallelism should be ${LEAST_BUFFER_MB} or more`;
    warnings.push({ file: FILE, line: strands.line, message });
  }
  return { faults, warnings };
}

/** @returns the value of an attribute, whatever the case of its name; undefined when it is not given */
export function attributeOf(attributes: readonly Attribute[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return attributes.find(attribute => attribute.name.toLowerCase() === wanted)?.value;
}
