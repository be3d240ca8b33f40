/** Who may vouch that an old writer is gone, and what is kept of who said so. */
import {
  OUT_OF_SERVICE_TAINT,
  attestedEnd,
  nodeOfSilentWriter,
  type NodeObject,
} from "../../../capabilities/classic/observe/attested";
import { withNotes } from "../../../capabilities/classic/observe/notes";
import type { PodObject } from "../../../capabilities/classic/observe/podObject";
import { ATTEST_ANNOTATION, buildRecordLease } from "../../../capabilities/objects";
import type { TimesTenClassicObject } from "../../../generated/types";
import { BOOT, UID, object, record } from "./fixtures";

const writer = { podUID: UID[0], boot: BOOT[0] };
const time = "2026-01-01T00:00:00Z";

function node(key: string, change: Partial<NodeObject["metadata"]> = {}): NodeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1", ...change },
    spec: { taints: [{ key, timeAdded: time }] },
  };
}

function annotated(value: string, managedFields: object[] = []): TimesTenClassicObject {
  const classic = object();
  return {
    ...classic,
    metadata: { ...classic.metadata, annotations: { [ATTEST_ANNOTATION]: value }, managedFields } as never,
  };
}

describe("the annotation", () => {
  const byKubectl = {
    manager: "kubectl-annotate",
    time,
    fieldsV1: { "f:metadata": { "f:annotations": { [`f:${ATTEST_ANNOTATION}`]: {} } } },
  };
  const another = { manager: "helm", time: "2026-02-02T00:00:00Z", fieldsV1: { "f:spec": {} } };

  it("vouches for the pod whose uid it names, with its author", () => {
    const end = attestedEnd(annotated(UID[0], [another, byKubectl]), writer, null, 5);
    expect(end).toMatchObject({ ...writer, source: "attested", endedAtMs: null, heardAtMs: 5 });
    expect(end?.by).toContain(`set with kubectl-annotate, ${time}`);
  });

  it("counts also where the API server kept no author", () => {
    expect(attestedEnd(annotated(UID[0]), writer, null, 5)?.by).toContain("an unknown client, time unknown");
  });

  it.each(["", "sample-0", UID[1]])("of %p vouches for nobody here", value => {
    expect(attestedEnd(annotated(value), writer, null, 5)).toBeNull();
  });
});

describe("the taint", () => {
  it("out-of-service of the pod's node vouches, with its time", () => {
    expect(attestedEnd(object(), writer, node(OUT_OF_SERVICE_TAINT), 5)?.by).toContain(
      `node n1 has taint ${OUT_OF_SERVICE_TAINT} (set with an unknown client, ${time})`,
    );
  });

  it.each(["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"])("%s proves nothing", key => {
    expect(attestedEnd(object(), writer, node(key), 5)).toBeNull();
  });
});

describe("the node that is asked for", () => {
  const notes = { proofs: [], failover: null, container: null, handover: null, node: "noted" };
  const lease = withNotes(buildRecordLease(object(), record(), "sample-0"), notes);
  const podOn = (nodeName: string): PodObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "sample-0", uid: UID[0] },
    spec: { nodeName },
  });
  const silent = () => false;

  it("is that of the writer's pod", () => {
    expect(nodeOfSilentWriter(object(), lease, [podOn("n1"), null], silent)).toBe("n1");
  });

  it("is the one noted with the record where that pod is gone", () => {
    expect(nodeOfSilentWriter(object(), lease, [null, null], silent)).toBe("noted");
  });

  it("is none while the writer is heard, or without a record", () => {
    expect(nodeOfSilentWriter(object(), lease, [podOn("n1"), null], () => true)).toBeNull();
    expect(nodeOfSilentWriter(object(), null, [podOn("n1"), null], silent)).toBeNull();
  });
});
