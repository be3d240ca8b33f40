/** The seventeen mistakes of the protocol's own model, made in the real code. */
import type { Situation } from "../../../agent/core/permission";
import type { PermissionRecord } from "../../../protocol";
import { bounds } from "./bounds";
import type { Code } from "./code";
import {
  shellOf,
  seeing,
  rowSeeing,
  withPods,
  withPermission,
  three,
  quiet,
  crash,
  restart,
  leave,
  planned,
  alwaysWaited,
  wordless,
  both,
  type Mutation,
} from "./mutation";

export const listed: Omit<Mutation, "listed">[] = [
  {
    name: "margin dropped",
    bounds: three,
    change: code => ({ ...code, timing: leaseMs => ({ ...code.timing(leaseMs), waitMs: leaseMs }) }),
  },
  { name: "promote on missing pod (guard skipped)", bounds: three, change: alwaysWaited },
  {
    name: "standby keeps granting after the new record",
    bounds: three,
    change: both(shellOf({ notesGrant: inPair => inPair }), code => ({
      ...code,
      whyNoGrant: (s, request) => {
        const { record } = s;
        const former = record !== null && record.mode !== "Pair" && record.from === request.n;
        return former ? null : code.whyNoGrant(s, request);
      },
    })),
  },
  {
    name: "solo not revoked before Normal",
    bounds: quiet,
    change: both(
      seeing(wordless),
      rowSeeing("pair ready", (o, from) =>
        withPods(o, pod => withPermission(pod, { soloEnded: { n: from.n, mark: 0 } })),
      ),
    ),
  },
  { name: "number not persisted before obeying", bounds: restart, change: shellOf({ keepsNumber: false }) },
  {
    name: "grant carries no number",
    bounds: quiet,
    change: both(shellOf({ takesGrant: (grant, now) => grant.boot === now.boot }), code => ({
      ...code,
      recordPermits: s => code.recordPermits(s) || s.record?.mode === "Closed",
      nextStep: s => {
        const granted = s.permit.mode === "finite" && s.view.repState === "ACTIVE";
        return granted ? (s.closed ? { do: "open", why: "a grant" } : null) : code.nextStep(s);
      },
    })),
  },
  { name: "clock starts at the reply", bounds: three, change: shellOf({ countsFromRequest: false }) },
  {
    name: "standby forgets its last grant at restart",
    bounds: restart,
    change: shellOf({ waitsAfterStart: false }),
  },
  {
    name: "writer named by pod, not by boot",
    bounds: crash,
    change: namedByPod,
  },
  {
    name: "writer turns solo into L by itself",
    bounds: quiet,
    change: seeing(s =>
      s.record?.mode === "Pair" && s.permit.mode === "endless"
        ? { permit: { mode: "finite", n: s.record.n } }
        : {},
    ),
  },
  {
    name: "'left' not on disk",
    bounds: leave,
    change: both(
      shellOf({ keepsLeft: false }),
      seeing(({ left, record, complete }) => promotableAgain(left, record, complete)),
    ),
  },
  {
    name: "standby that left is promoted",
    bounds: leave,
    change: both(
      shellOf({ leftCounts: false }),
      seeing(() => ({ stopping: false })),
    ),
  },
  { name: "caught up judged before solo ended", bounds: quiet, change: seeing(wordless) },
  {
    name: "fence acknowledged before closed",
    bounds: three,
    change: code => ({
      ...code,
      fencedProof: (pod, n) => code.fencedProof(withPermission(pod, { closed: true }), n),
    }),
  },
  {
    name: "standby named by pod name, not by pod UID",
    bounds: bounds({ name: "2 records, force-delete of the standby", maxN: 2, forced: 1, swapped: true }),
    change: code => ({
      ...code,
      whyNoGrant: (s, request) => code.whyNoGrant({ ...s, podUID: namesake(s) }, request),
    }),
  },
  {
    name: "solo writer reopens itself after restart",
    bounds: crash,
    change: selfOpening,
  },
  {
    name: "planned only, async, drain judged before close",
    bounds: planned,
    change: both(shellOf({ deactivates: false }), code => ({
      ...code,
      nextStep: s => {
        const early =
          s.record?.mode === "Closed" &&
          !s.closed &&
          s.drained !== s.record.n &&
          s.view.repState === "ACTIVE";
        return early && s.record !== null ? { do: "drain", n: s.record.n } : code.nextStep(s);
      },
    })),
  },
];

function promotableAgain(
  left: number,
  record: PermissionRecord | null,
  complete: Situation["complete"],
): Partial<Situation> {
  if (record?.mode !== "Solo" || record.from === 0 || left !== record.from) return {};
  const writer = complete?.writer ?? { podUID: "uid-a", boot: "boot-1" };
  return { left: 0, complete: { n: record.from, writer } };
}

function namesake(s: { podUID: string; record: PermissionRecord | null }): string {
  const standby = s.record?.standby ?? s.podUID;
  return s.podUID.startsWith("uid-a") && standby.startsWith("uid-a") ? standby : s.podUID;
}

function namedByPod(code: Code): Code {
  const mine = <T extends Pick<Situation, "record" | "podUID" | "boot">>(s: T): T => {
    const { record, podUID, boot } = s;
    const named = record !== null && boot !== null && record.writer.podUID === podUID;
    return named ? { ...s, record: { ...record, writer: { podUID, boot } } } : s;
  };
  return {
    ...code,
    nextStep: s => code.nextStep(mine(s)),
    recordPermits: s => code.recordPermits(mine(s)),
    asksForGrants: s => code.asksForGrants(mine(s)),
    whyNoGrant: (s, request) => code.whyNoGrant(s, { ...request, boot: s.record?.writer.boot ?? "" }),
  };
}

function selfOpening(code: Code): Code {
  const mine = (s: Pick<Situation, "record" | "podUID" | "boot">): PermissionRecord | null => {
    const { record, podUID, boot } = s;
    const was = record?.mode === "Solo" && record.writer.podUID === podUID && boot !== null;
    return was ? { ...record, from: 0, writer: { podUID, boot } } : record;
  };
  return {
    ...code,
    nextStep: s => code.nextStep({ ...s, record: mine(s) }),
    recordPermits: s => code.recordPermits({ ...s, record: mine(s) }),
  };
}
