/** Results as ttIsql prints them. */
import type { Value } from "../../engine/records";
import type { Message } from "../../shared/lines";

function field(value: Value): string {
  if (value === null) return "<NULL>";
  if (typeof value === "object") return value.hex;
  if (typeof value === "number" && !Number.isInteger(value)) return String(value).replace(/^(-?)0\./, "$1.");
  return String(value);
}

/** `1 row found.`, `0 rows found.` */
export function counted(count: number, what: string, verb: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"} ${verb}.`;
}

/**
 * @param result answer of the database to a statement
 * @param verbosity ttIsql's -v
 */
export function resultLines(result: Message, verbosity: number): string[] {
  if (result.kind === "rows") {
    const rows = result.rows as Value[][];
    const lines = rows.map(row => `< ${row.map(field).join(", ")} >`);
    if (verbosity >= 2) lines.push(counted(rows.length, "row", "found"));
    return lines;
  }
  if (result.kind === "count" && verbosity >= 2)
    return [counted(Number(result.count), "row", String(result.verb))];
  return [];
}
