/** The database's catalogue: users, privileges, tables, views, indexes, sequences. Plain data, saved with checkpoints. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Column, Sequence } from "../sql/ddl";
import type { UserChange } from "./records";

/** A table; key is `OWNER.NAME` in the catalogue. */
export interface Table {
  columns: Column[];
  primaryKey: string[];
}

export interface Catalog {
  users: Record<string, { salt: string; digest: string }>;
  privileges: Record<string, string[]>;
  tables: Record<string, Table>;
  views: Record<string, { text: string }>;
  indexes: Record<string, { table: string; unique: boolean; columns: string }>;
  sequences: Record<string, Sequence>;
  /** Synonym `OWNER.NAME` (PUBLIC for public ones) to `OWNER.NAME`. */
  synonyms: Record<string, string>;
}

/** @returns the catalogue of a new database */
export function newCatalog(): Catalog {
  const dual: Table = { columns: [{ name: "DUMMY", type: "VARCHAR2 (1)", nullable: true }], primaryKey: [] };
  return {
    users: {},
    privileges: {},
    tables: { "SYS.DUAL": dual },
    views: {},
    indexes: {},
    sequences: {},
    synonyms: {},
  };
}

function digestOf(salt: string, password: string): Buffer {
  return createHash("sha256").update(`${salt}:${password}`).digest();
}

/** @returns what to store for a password */
export function seal(password: string): { salt: string; digest: string } {
  const salt = randomBytes(12).toString("hex");
  return { salt, digest: digestOf(salt, password).toString("hex") };
}

/** @returns whether this is the user's password */
export function passwordFits(catalog: Catalog, user: string, password: string): boolean {
  const known = catalog.users[user];
  if (known === undefined) return false;
  return timingSafeEqual(Buffer.from(known.digest, "hex"), digestOf(known.salt, password));
}

/** Carries out a change of users or privileges. */
export function changeUsers(catalog: Catalog, change: UserChange): void {
  if (change.op === "create" || change.op === "alter") {
    catalog.users[change.user] = { salt: change.salt, digest: change.digest };
  } else if (change.op === "drop") {
    delete catalog.users[change.user];
    delete catalog.privileges[change.user];
  } else if (change.op === "grant") {
    const held = new Set(catalog.privileges[change.user] ?? []);
    for (const privilege of change.privileges) held.add(privilege);
    catalog.privileges[change.user] = [...held];
  } else {
    const taken = change.privileges;
    const held = catalog.privileges[change.user] ?? [];
    catalog.privileges[change.user] = held.filter(
      privilege => !taken.includes(privilege) && !taken.includes("ALL"),
    );
  }
}

/** @returns whether the user holds that privilege, directly, through PUBLIC or as ADMIN */
export function holds(catalog: Catalog, user: string, privilege: string): boolean {
  const held = [...(catalog.privileges[user] ?? []), ...(catalog.privileges.PUBLIC ?? [])];
  return held.includes("ADMIN") || held.includes("ALL") || held.includes(privilege);
}

/**
 * @param owner null for an unqualified name
 * @returns `OWNER.NAME` of the table or view a user means
 */
export function resolveName(
  catalog: Catalog,
  user: string,
  owner: string | null,
  name: string,
): string | null {
  const candidates = owner === null ? [`${user}.${name}`, `SYS.${name}`] : [`${owner}.${name}`];
  for (const candidate of candidates) {
    if (catalog.tables[candidate] !== undefined || catalog.views[candidate] !== undefined) return candidate;
  }
  for (const synonym of [...candidates.slice(0, 1), `PUBLIC.${name}`]) {
    const target = catalog.synonyms[synonym];
    if (target !== undefined) return target;
  }
  return null;
}
