/** The kinds of change of roles that are measured, what each may take, and where its time goes. */
import { timingFor } from "../protocol";
import type { Stopwatch } from "../demo/report";
import type { Cluster } from "../testbed/cluster";
import type { Kubectl } from "../testbed/kubectl";
import { nodeOf } from "../testbed/layout";
import { killDaemon } from "../testbed/pair";
import { changeImage, type UpgradeTimes } from "./upgrade";

/** writePermissionSeconds of the measured pair. */
export const LEASE_SECONDS = 3;

export interface Bed {
  k: Kubectl;
  local: Cluster;
  name: string;
}

export interface Kind {
  name: "handover" | "switchover" | "kill" | "node" | "upgrade";
  title: string;
  /** What is held to the target, ms, and the target. */
  target: { of: "write gap" | "promoted"; ms: number };
  inflict: (bed: Bed, active: string, run: number) => Promise<void>;
  /** After the other one serves. */
  recover: (bed: Bed, node: number) => Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

export const kinds: readonly Kind[] = [
  {
    name: "handover",
    title: "handover: the active's Pod is deleted",
    target: { of: "write gap", ms: 1_000 },
    inflict: async ({ k }, pod) => void (await k.run(["delete", "pod", pod, "--wait=false"])),
    recover: nothing,
  },
  {
    name: "switchover",
    title: "switchover: asked for by annotation",
    target: { of: "write gap", ms: 1_000 },
    inflict: async ({ k, name }, _pod, run) =>
      void (await k.run([
        "annotate",
        "--overwrite",
        "ttc",
        name,
        `timesten.oracle.com/switchover=run-${run}`,
      ])),
    recover: nothing,
  },
  {
    name: "kill",
    title: "process death: kill -9 of the active's TimesTen daemon",
    target: { of: "promoted", ms: 1_000 },
    inflict: ({ k }, pod) => killDaemon(k, pod),
    recover: nothing,
  },
  {
    name: "node",
    title: "power cut of the active's node",
    target: { of: "write gap", ms: timingFor(LEASE_SECONDS * 1_000).waitMs + 1_000 },
    inflict: async ({ k, local }, pod) => void (await local.stopNode(await nodeOf(k, pod))),
    recover: async ({ local }, node) => void (await local.bootNode(node)),
  },
  {
    name: "upgrade",
    title: "upgrade: the image is changed, both Pods are replaced",
    target: { of: "write gap", ms: 1_000 },
    inflict: async ({ k, name }) => void (await changeImage(k, name)),
    recover: nothing,
  },
];

export const PHASES = ["detect", "prove", "promote", "route", "redundant"] as const;
export type Phase = (typeof PHASES)[number];

/** What one run measured, ms. */
export interface Measured {
  gapMs: number;
  /** From the failure to the other database open for writing. */
  promotedMs: number;
  phases: Record<Phase, number>;
  /** Of an upgrade alone. */
  upgrade?: UpgradeTimes;
}

/** @returns how long each phase of status.lastFailover took, ms; NaN where a time is missing */
export function phasesOf(stopwatch: Stopwatch): Pick<Measured, "promotedMs" | "phases"> {
  const at = (field: string) => Date.parse(String(stopwatch[field] ?? ""));
  const [failed, seen, proven, promoted, routed, redundant] = [
    "failedAt",
    "seenAt",
    "provenAt",
    "promotedAt",
    "routedAt",
    "redundantAt",
  ].map(at) as [number, number, number, number, number, number];
  return {
    promotedMs: promoted - failed,
    phases: {
      detect: seen - failed,
      prove: proven - seen,
      promote: promoted - proven,
      route: routed - promoted,
      redundant: redundant - failed,
    },
  };
}
