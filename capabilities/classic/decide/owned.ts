/** The objects that belong to a pair: make what is missing, never touch what is somebody else's. */
import type { Effect, Reason } from "../decision";
import type { Observation, OwnedFacts } from "../observation";

export interface OwnedVerdict {
  effects: Effect[];
  /** What keeps objects from being made. */
  problems: Reason[];
  /** What explains the pass before anything else, if anything does. */
  first: Reason | null;
  /** Look again after so long, ms; Infinity: when something happens. */
  retryAfterMs: number;
}

/** A name that is taken is looked at again after this, ms: the former owner may be on its way out. */
const FOREIGN_RETRY_MS = 2_000;

/** Order of creation: the pods mount the Secret and need the Service's names. */
const order: readonly OwnedFacts["kind"][] = [
  "Secret",
  "headless Service",
  "active Service",
  "EndpointSlice",
  "PodDisruptionBudget",
  "StatefulSet",
];

export function decideOwned(o: Pick<Observation, "owned" | "record">): OwnedVerdict {
  const facts = order.flatMap(kind => o.owned.filter(one => one.kind === kind));
  const effects: Effect[] = facts
    .filter(one => one.presence === "missing")
    .map(({ kind, name }) => ({ do: "create", kind, name }));
  const problems = facts.flatMap(problemOf);
  const names = effects.map(effect => (effect.do === "create" ? `${effect.kind} ${effect.name}` : ""));
  const creating: Reason | null =
    names.length > 0 ? { reason: "CreatingObjects", message: `creating ${names.join(", ")}` } : null;
  return {
    effects,
    problems,
    first: o.record === null ? (problems[0] ?? creating) : null,
    retryAfterMs: problems.length > 0 ? FOREIGN_RETRY_MS : Infinity,
  };
}

function problemOf({ kind, name, presence, fault }: OwnedFacts): Reason[] {
  switch (presence) {
    case "foreign":
      return [
        {
          reason: "ForeignObject",
          message: `${kind} ${name} belongs to somebody else: ${fault ?? "no owner"}`,
        },
      ];
    case "broken":
      return [{ reason: "BrokenObject", message: `${kind} ${name}: ${fault ?? "cannot be used"}` }];
    case "missing":
    case "ours":
      return [];
  }
}
