import type { TimesTenClassicObject, TtSpec } from "../../generated/types";

/** 18.1's spellings, with the later ones that they mean. The later one wins where both are given. */
export const OLDER_SPELLINGS = {
  agentTCPTimeout: "agentTcpTimeout",
  agentTLSTimeout: "agentTlsTimeout",
} as const satisfies Partial<Record<keyof TtSpec, keyof TtSpec>>;

/**
 * What different releases write differently becomes one thing, so that nobody else has to know: an explicit null is an
 * absent field, `Auto` is `auto`, an older spelling is the newer field. Nothing of it is written back.
 *
 * @param object as the API server has it, of any shape
 * @returns the same object where nothing is to be done, so that caches by identity hold
 */
export function normalObject<T extends TimesTenClassicObject>(object: T): T {
  const spec = normalSpec(object.spec);
  return spec === object.spec ? object : { ...object, spec: spec as T["spec"] };
}

/** The user's template and claims stay as they are: nulls in them mean something to the API server. */
function normalSpec(spec: unknown): unknown {
  if (!isRecord(spec)) return spec;
  const { ttspec, ...rest } = spec;
  const normal = isRecord(ttspec) ? normalTtspec(ttspec) : ttspec;
  const nulls = Object.values(spec).includes(null);
  if (normal === ttspec && !nulls) return spec;
  const entries = Object.entries(rest).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(entries), ...(normal === null ? {} : { ttspec: normal }) };
}

function normalTtspec(ttspec: Record<string, unknown>): unknown {
  const normal = withoutNulls(ttspec) as Record<string, unknown>;
  const changes: Record<string, unknown> = {};
  for (const [older, newer] of Object.entries(OLDER_SPELLINGS))
    if (normal[older] !== undefined && normal[newer] === undefined) changes[newer] = normal[older];
  const strategy = normal["imageUpgradeStrategy"];
  if (typeof strategy === "string" && strategy !== strategy.toLowerCase())
    changes["imageUpgradeStrategy"] = strategy.toLowerCase();
  return Object.keys(changes).length === 0 ? normal : { ...normal, ...changes };
}

/** @returns the same value where there is no null in it */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const kept = entries
    .filter(([, one]) => one !== null)
    .map(([key, one]) => [key, withoutNulls(one)] as const);
  const same = kept.length === entries.length && kept.every(([key, one]) => one === value[key]);
  return same ? value : Object.fromEntries(kept);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
