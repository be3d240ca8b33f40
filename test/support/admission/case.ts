/** One case of admission, and what the tables of cases are written with. */
import type { TimesTenClassicObject } from "../../../generated/types";

export interface AdmissionCase {
  /** Number in the reference; several lines may have one. */
  number: number;
  /** What is wrong. */
  title: string;
  /** The object as it is written. */
  object: Written;
  /** The object before, where a change is meant. */
  old?: Written;
  /** Words with which the API server refuses it alone, so also while the webhook is away. */
  schema?: string;
  /** Words with which the checks refuse it: at the webhook, and in the pass as Ready=False InvalidSpec while it was away. */
  denial?: string;
  /** Words of the warning that the webhook gives. */
  warning?: string;
  /** Only a look at other objects can say it: this shows in the pass. */
  pass?: string;
  /** Taken as it is; why that is right here. */
  fine?: string;
}

/** What a user may write: `ttspec` is added to the smallest one, `spec` replaces parts of the spec. */
export interface Written {
  name?: string;
  version?: string;
  labels?: Record<string, string>;
  ttspec?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  /** As it was when the change comes. */
  status?: TimesTenClassicObject["status"];
}

/** Independent databases. */
export const none = { replicationTopology: "none" };
/** A replication statement of a pair, with its store clauses. */
export const statement = (stores: string): string =>
  `create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "{{tt-node-1}}" ${stores}`;
/** Store clauses that fit. */
export const stores =
  'store "{{tt-name}}" on "{{tt-node-0}}" PORT {{tt-rep-port}} store "{{tt-name}}" on "{{tt-node-1}}" PORT {{tt-rep-port}}';
/** A template that says something about container tt. */
export const tt = (fields: object): Written => template({ containers: [{ name: "tt", ...fields }] });
/** A template of the Pods. */
export const template = (spec: object, ttspec: Record<string, unknown> = {}): Written => ({
  ttspec,
  spec: { template: { spec } },
});
/** Resources with a request and a limit. */
export const memory = (request: string, limit: string) => ({
  resources: { requests: { memory: request }, limits: { memory: limit } },
});

/** A field given a value on creation. */
export const given = (
  number: number,
  title: string,
  ttspec: Record<string, unknown>,
  to: Outcome,
): AdmissionCase => ({
  number,
  title,
  object: { ttspec },
  ...to,
});
/** A field changed from one value to another. */
export const changed = (
  number: number,
  title: string,
  from: Record<string, unknown>,
  ttspec: Record<string, unknown>,
  to: Outcome,
): AdmissionCase => ({ number, title, old: { ttspec: from }, object: { ttspec }, ...to });

/** What becomes of a case. */
export type Outcome = Pick<AdmissionCase, "schema" | "denial" | "warning" | "pass" | "fine">;

/** @returns the object as a manifest of it, without what only the API server adds */
export function manifest(written: Written, name = written.name ?? "sample"): TimesTenClassicObject {
  const { version = "v1", labels, ttspec, spec } = written;
  return JSON.parse(
    JSON.stringify({
      apiVersion: `timesten.oracle.com/${version}`,
      kind: "TimesTenClassic",
      metadata: { name, ...(labels === undefined ? {} : { labels }) },
      spec: { ttspec: { image: "r/tt:1", storageClassName: "a", ...ttspec }, ...spec },
    }),
  ) as TimesTenClassicObject;
}

/** A line for test names. */
export const nameOf = ({ number, title }: AdmissionCase): string => `${number}: ${title}`;
