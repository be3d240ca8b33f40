/** Builders of the next record: one per kind of change. They only shape; transitions.ts permits. */
import { DEFAULT_LEASE_MS, type PermissionRecord, type Writer } from "../../../../protocol";

export function firstRecord(
  objectUID: string,
  n: number,
  writer: Writer,
  leaseMs: number = DEFAULT_LEASE_MS,
): PermissionRecord {
  return { objectUID, n, mode: "Solo", writer, standby: null, from: 0, alt: 0, ready: false, leaseMs };
}

export function alone(record: PermissionRecord): PermissionRecord {
  const alt = record.ready ? record.n : 0;
  return { ...record, n: record.n + 1, mode: "Solo", standby: null, from: 0, alt, ready: false };
}

/** @param leaseMs L of the new Pair's grants */
export function paired(
  record: PermissionRecord,
  standby: string,
  leaseMs: number = record.leaseMs,
): PermissionRecord {
  return { ...record, n: record.n + 1, mode: "Pair", standby, from: 0, alt: 0, ready: false, leaseMs };
}

export function ready(record: PermissionRecord): PermissionRecord {
  return { ...record, ready: true };
}

/** @param p n of the ready Pair that is left */
export function promoted(record: PermissionRecord, writer: Writer, p: number): PermissionRecord {
  return { ...record, n: record.n + 1, mode: "Solo", writer, standby: null, from: p, alt: 0, ready: false };
}

/** From a Pair: nobody writes until it is decided who goes on. */
export function stopped(record: PermissionRecord): PermissionRecord {
  const from = record.ready ? record.n : 0;
  return { ...record, n: record.n + 1, mode: "Closed", from, alt: 0, ready: false };
}

/** From a promotion that will not happen: the writer is the one that was to be promoted. */
export function givenUp(record: PermissionRecord): PermissionRecord {
  return { ...record, n: record.n + 1, mode: "Closed", standby: null, from: 0, alt: 0, ready: false };
}

/** The same life goes on alone. It may die before it hears so: then the standby of the Pair that was left goes on. */
export function sameGoesOn(record: PermissionRecord): PermissionRecord {
  return { ...goesOn(record, record.writer), alt: record.mode === "Closed" ? record.from : 0 };
}

/** Another life goes on alone, from its own disk. */
export function goesOn(record: PermissionRecord, writer: Writer): PermissionRecord {
  return { ...record, n: record.n + 1, mode: "Solo", writer, standby: null, from: 0, alt: 0, ready: false };
}
