/**
 * The shapes of allowed writes of the record, written from the protocol's table alone (docs/fencing.md), apart from
 * the product's own code. Facts that guard a write are the truth checks' matter (two writable, lost commits).
 */
import type { PermissionRecord } from "../../../protocol";

/**
 * @param before null: there was none
 * @param highest the highest n ever written for this object
 * @returns what is wrong with the write, or null
 */
export function whyNotAllowed(
  before: PermissionRecord | null,
  after: PermissionRecord,
  highest: number,
): string | null {
  if (before === null) return whyNotFirst(after, highest);
  if (before.objectUID !== after.objectUID) return "the record changed its object";
  if (after.n === before.n) return whyNotReady(before, after);
  if (after.n !== before.n + 1) return `n went from ${before.n} to ${after.n}`;
  if (after.ready) return "a new record is never ready";
  switch (after.mode) {
    case "Pair":
      return whyNotPair(before, after);
    case "Closed":
      return whyNotClosed(before, after);
    case "Solo":
      return whyNotSolo(before, after);
  }
}

function whyNotFirst(after: PermissionRecord, highest: number): string | null {
  if (after.n <= highest) return `a record that was lost came back with n ${after.n}, not above ${highest}`;
  return after.mode === "Pair" ? "the first record is a Pair" : null;
}

function whyNotReady(before: PermissionRecord, after: PermissionRecord): string | null {
  if (before.mode !== "Pair" || before.ready || !after.ready) return "changed without a new number";
  const same = JSON.stringify({ ...before, ready: true }) === JSON.stringify({ ...after, ready: true });
  return same ? null : "more than ready was changed";
}

function whyNotPair(before: PermissionRecord, after: PermissionRecord): string | null {
  if (before.mode !== "Solo") return `${before.mode} became Pair`;
  if (!sameWriter(before, after)) return "a Pair was formed with another writer than the Solo's";
  if (after.standby === null || after.standby === after.writer.podUID)
    return "a Pair without a standby of its own";
  return after.from === 0 && after.alt === 0 ? null : "a Pair with from or alt";
}

function whyNotClosed(before: PermissionRecord, after: PermissionRecord): string | null {
  if (before.mode === "Closed") return "Closed became Closed";
  const from = before.mode === "Pair" && before.ready ? before.n : 0;
  return after.from === from ? null : `Closed with from ${after.from} instead of ${from}`;
}

function whyNotSolo(before: PermissionRecord, after: PermissionRecord): string | null {
  const samePod = before.writer.podUID === after.writer.podUID;
  switch (before.mode) {
    case "Pair":
      if (sameWriter(before, after)) return expect(after, { from: 0, alt: before.ready ? before.n : 0 });
      if (samePod) return "a Pair became Solo for a new boot of its writer";
      if (!before.ready) return "a Pair that was not ready was left for its standby";
      return after.writer.podUID === before.standby
        ? expect(after, { from: before.n, alt: 0 })
        : "promoted someone who is not the standby";
    case "Closed":
      if (after.from > 0)
        return after.from === before.from
          ? expect(after, { from: before.from, alt: 0 })
          : "from came out of nothing";
      return expect(after, { from: 0, alt: sameWriter(before, after) ? before.from : 0 });
    case "Solo":
      if (after.from > 0) {
        return before.alt > 0 && after.from === before.alt
          ? expect(after, { from: before.alt, alt: 0 })
          : "promotion from a Solo that left no ready Pair";
      }
      return sameWriter(before, after) ? "Solo for the same boot again" : null;
  }
}

function expect(after: PermissionRecord, fields: { from: number; alt: number }): string | null {
  if (after.from !== fields.from) return `from is ${after.from} instead of ${fields.from}`;
  return after.alt === fields.alt ? null : `alt is ${after.alt} instead of ${fields.alt}`;
}

function sameWriter(a: PermissionRecord, b: PermissionRecord): boolean {
  return a.writer.podUID === b.writer.podUID && a.writer.boot === b.writer.boot;
}
