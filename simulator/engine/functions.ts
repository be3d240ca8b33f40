/** SQL functions of TimesTen that SQLite lacks. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

type Scalar = SQLInputValue;

const text = (value: Scalar): string =>
  value === null
    ? ""
    : typeof value === "object"
      ? Buffer.from(value as Uint8Array).toString("hex")
      : String(value);

function pad(value: Scalar, length: Scalar, filler: Scalar | undefined, left: boolean): string {
  const source = text(value);
  const fill = filler === undefined ? " " : text(filler);
  const size = Number(length);
  if (source.length >= size) return source.slice(0, size);
  return left ? source.padStart(size, fill) : source.padEnd(size, fill);
}

function decode(...values: Scalar[]): Scalar {
  const [subject, ...pairs] = values;
  for (let at = 0; at + 1 < pairs.length; at += 2) if (pairs[at] === subject) return pairs[at + 1] ?? null;
  return pairs.length % 2 === 1 ? (pairs.at(-1) ?? null) : null;
}

/** Formats dates kept as `YYYY-MM-DD HH:MM:SS`; everything else is shown as it is. */
function toChar(value: Scalar, format?: Scalar): string {
  const source = text(value);
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?/.exec(source);
  if (parts === null || format === undefined) return source;
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00"] = parts;
  return text(format)
    .replaceAll(/YYYY/gi, year)
    .replaceAll(/HH24/gi, hour)
    .replaceAll(/MI/gi, minute)
    .replaceAll(/SS/gi, second)
    .replaceAll(/MM/gi, month)
    .replaceAll(/DD/gi, day);
}

/** Reads a date in a format of YYYY, MM, DD, HH24, MI, SS; gives `YYYY-MM-DD HH:MM:SS`. */
function toDate(value: Scalar, format?: Scalar): string {
  const source = text(value);
  const layout = format === undefined ? "YYYY-MM-DD HH24:MI:SS" : text(format).toUpperCase();
  const part = (name: string, fallback: string): string => {
    const at = layout.replace("HH24", "HH").indexOf(name);
    return at === -1 ? fallback : source.slice(at, at + name.length) || fallback;
  };
  return `${part("YYYY", "0000")}-${part("MM", "01")}-${part("DD", "01")} ${part("HH", "00")}:${part("MI", "00")}:${part("SS", "00")}`;
}

/** Adds the functions to a connection. */
export function addFunctions(db: DatabaseSync): void {
  const options = { deterministic: true };
  const many = { deterministic: true, varargs: true };
  db.function("NVL2", options, (value, some, none) => (value === null ? none : some));
  db.function("DECODE", many, decode);
  db.function("TO_NUMBER", options, value => (value === null ? null : Number(text(value))));
  db.function("TO_CHAR", many, (value, format) => (value === null ? null : toChar(value, format)));
  db.function("TO_DATE", many, (value, format) => (value === null ? null : toDate(value, format)));
  db.function("TO_TIMESTAMP", many, (value, format) => (value === null ? null : toDate(value, format)));
  db.function("LPAD", many, (value, size, filler) =>
    value === null ? null : pad(value, size ?? 0, filler, true),
  );
  db.function("RPAD", many, (value, size, filler) =>
    value === null ? null : pad(value, size ?? 0, filler, false),
  );
  db.function("GREATEST", many, (...values) => values.reduce((a, b) => ((a ?? 0) > (b ?? 0) ? a : b)));
  db.function("LEAST", many, (...values) => values.reduce((a, b) => ((a ?? 0) < (b ?? 0) ? a : b)));
  db.function("CONCAT", options, (a, b) => text(a) + text(b));
}
