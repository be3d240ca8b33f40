/**
 * JSON values that nobody can change: the store keeps, hands out and compares them without copying. Whoever writes
 * into what it was given throws, as it would have worked on a copy of its own behind a real API.
 */

const interned = new WeakSet();

type Tree = Record<string, unknown>;

/** @returns the value as JSON would carry it, frozen all the way down; parts that came from here are kept as they are */
export function frozen<T>(value: T): T {
  return freeze(value) as T;
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null || interned.has(value)) return value;
  const toJson = (value as { toJSON?: () => unknown }).toJSON;
  if (toJson !== undefined) return freeze(toJson.call(value));
  const copy = Array.isArray(value) ? value.map(item => freeze(item) ?? null) : freezeFields(value as Tree);
  interned.add(copy);
  return Object.freeze(copy);
}

function freezeFields(value: Tree): Tree {
  const copy: Tree = {};
  for (const key in value) {
    const field = value[key];
    if (field !== undefined && typeof field !== "function") copy[key] = freeze(field);
  }
  return copy;
}

/** @returns whether both are the same JSON: the order of fields does not count, nor does an undefined one */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  const [x, y] = [a as Tree, b as Tree];
  for (const key in x) if (!sameJson(x[key], y[key])) return false;
  for (const key in y) if (y[key] !== undefined && x[key] === undefined) return false;
  return true;
}

function sameItems(a: unknown[], b: unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
}

/** @returns what a JSON merge patch (RFC 7386) makes of the target */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Tree =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...(target as Tree) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** By which field the items of a list are told apart, where they are. */
const LIST_KEYS = ["name", "mountPath", "containerPort", "port", "uid"];

/** @returns the target with every field of the other; items of lists by their key, other lists as a whole */
export function applied(target: unknown, fields: unknown): unknown {
  if (Array.isArray(target) && Array.isArray(fields)) return appliedItems(target, fields);
  if (!isTree(target) || !isTree(fields)) return fields;
  const result: Tree = { ...target };
  for (const [key, value] of Object.entries(fields)) result[key] = applied(result[key], value);
  return result;
}

function appliedItems(target: unknown[], fields: unknown[]): unknown[] {
  const key = LIST_KEYS.find(one => [...target, ...fields].every(item => isTree(item) && one in item));
  if (key === undefined) return fields;
  const given = fields.map(item => (item as Tree)[key]);
  const found = (item: unknown): unknown => target.find(one => (one as Tree)[key] === (item as Tree)[key]);
  const others = target.filter(item => !given.includes((item as Tree)[key]));
  return [...fields.map(item => applied(found(item), item)), ...others];
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
