/** What a Pod that looks at an image is taken for, and what follows from it. */
import {
  askRelease,
  endProbes,
  releaseChange,
  whyRefused,
  type ReleaseAnswer,
} from "../../../capabilities/classic/decide/upgrade/release";
import type { ImageProbe, ProbeFinding } from "../../../capabilities/classic/observation";
import type { PodObject } from "../../../capabilities/classic/observe/podObject";
import { imageProbes } from "../../../capabilities/classic/observe/probe";
import { buildProbePod, probePodName } from "../../../capabilities/objects";
import { object, observation } from "./fixtures";

const NEW = "tt:2";
const settings = { operatorImage: "operator", clusterDomain: "cluster.local" };

type Status = NonNullable<PodObject["status"]>;

function pod(status: Status, metadata: Partial<PodObject["metadata"]> = {}): PodObject {
  const made = buildProbePod(object(), settings, { image: NEW, nodeName: null });
  return {
    ...made,
    spec: {},
    metadata: { ...made.metadata, uid: "probe-uid", creationTimestamp: "1970-01-01T00:01:30Z", ...metadata },
    status,
  };
}

const seen = (status: Status, metadata: Partial<PodObject["metadata"]> = {}): ImageProbe | undefined =>
  imageProbes(object(), [pod(status, metadata)], 100_000)[0];

const container = (state: object): Status => ({ containerStatuses: [{ name: "release", state }] });
const ended = (exitCode: number, message: string, reason = exitCode === 0 ? "Completed" : "Error"): Status =>
  container({ terminated: { exitCode, message, reason } });

describe("what the Pod came to", () => {
  it("is the release that its last word names", () => {
    expect(seen(ended(0, '{"release":"18.1.4.11.0"}'))).toEqual({
      podName: probePodName("sample", NEW),
      podUID: "probe-uid",
      image: NEW,
      ageMs: 10_000,
      found: { is: "release", release: "18.1.4.11.0" },
    });
  });

  const cases: [string, Status, ProbeFinding][] = [
    [
      "the agent's own words when the image holds no TimesTen",
      ended(1, "the image has no TimesTen"),
      { is: "unusable", message: "the image has no TimesTen" },
    ],
    [
      "unusable when the image ends without a word",
      ended(127, ""),
      { is: "unusable", message: "it ended with exit code 127" },
    ],
    [
      "unusable when it cannot be started",
      ended(128, "exec format error", "StartError"),
      { is: "unusable", message: "StartError: exec format error" },
    ],
    [
      "unusable as long as it is tried again",
      {
        containerStatuses: [
          {
            name: "release",
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 20s" } },
            lastState: { terminated: { exitCode: 1, reason: "Error", message: "no unzip" } },
          },
        ],
      },
      { is: "unusable", message: "no unzip" },
    ],
    ["unusable when it says something else", ended(0, "hello"), { is: "unusable", message: "hello" }],
    [
      "nobody's fault where the kubelet does not know the end",
      ended(137, "", "ContainerStatusUnknown"),
      { is: "lost", message: "ContainerStatusUnknown" },
    ],
    [
      "nobody's fault when it is evicted",
      { phase: "Failed", reason: "Evicted", message: "low on memory" },
      { is: "lost", message: "Evicted: low on memory" },
    ],
    ["on its way while it is new", {}, { is: "waiting", trouble: null }],
    [
      "on its way while its containers are made",
      container({ waiting: { reason: "PodInitializing" } }),
      { is: "waiting", trouble: null },
    ],
    [
      "in trouble when the image cannot be pulled",
      container({ waiting: { reason: "ErrImagePull", message: "not found" } }),
      { is: "waiting", trouble: "ErrImagePull: not found" },
    ],
    [
      "in the same trouble while the kubelet pauses",
      container({
        waiting: {
          reason: "ImagePullBackOff",
          message: 'Back-off pulling image "tt:2": ErrImagePull: not found',
        },
      }),
      { is: "waiting", trouble: "ErrImagePull: not found" },
    ],
    [
      "in trouble when the operator's image cannot be pulled there",
      {
        initContainerStatuses: [{ name: "ttagent", state: { waiting: { reason: "ErrImagePull" } } }],
        containerStatuses: [{ name: "release", state: { waiting: { reason: "PodInitializing" } } }],
      },
      { is: "waiting", trouble: "ErrImagePull" },
    ],
    [
      "in trouble when what brings the agent ends, in its own words",
      {
        initContainerStatuses: [
          { name: "ttagent", state: { terminated: { exitCode: 1, message: "disk full" } } },
        ],
      },
      { is: "waiting", trouble: "ttagent fails: disk full" },
    ],
    [
      "in the same trouble while the kubelet pauses before the next attempt",
      {
        initContainerStatuses: [
          {
            name: "ttagent",
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting" } },
            lastState: { terminated: { exitCode: 1, message: "disk full" } },
          },
        ],
      },
      { is: "waiting", trouble: "ttagent fails: disk full" },
    ],
    [
      "in trouble with a container that left no word",
      {
        initContainerStatuses: [
          {
            name: "ttagent",
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
          },
        ],
      },
      { is: "waiting", trouble: "ttagent fails: OOMKilled (exit code 137)" },
    ],
    [
      "in no trouble once what brings the agent has ended well",
      { initContainerStatuses: [{ name: "ttagent", state: { terminated: { exitCode: 0 } } }] },
      { is: "waiting", trouble: null },
    ],
    [
      "in trouble when no node takes it",
      {
        conditions: [
          { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/2 nodes" },
        ],
      },
      { is: "waiting", trouble: "Unschedulable: 0/2 nodes" },
    ],
  ];
  it.each(cases)("is %s", (_, status, found) => {
    expect(seen(status)?.found).toEqual(found);
  });

  it("is lost when somebody deletes it before it has answered, and counts when it has", () => {
    const leaving = { deletionTimestamp: "1970-01-01T00:01:31Z" };
    expect(seen({}, leaving)?.found).toMatchObject({ is: "lost" });
    expect(seen(ended(0, '{"release":"18.1.4.4.0"}'), leaving)?.found).toMatchObject({ is: "release" });
  });

  it("is not believed of a former object of that name", () => {
    expect(seen(ended(0, '{"release":"18.1.4.4.0"}'), { ownerReferences: [] })).toBeUndefined();
  });
});

describe("asking for the release of an image", () => {
  const probe = (found: ProbeFinding, change: Partial<ImageProbe> = {}): ImageProbe => ({
    podName: "sample-probe-1",
    podUID: "probe-uid",
    image: NEW,
    ageMs: 10_000,
    found,
    ...change,
  });
  const ask = (probes: ImageProbe[], timeoutMs = 600_000): ReleaseAnswer =>
    askRelease(observation({ rest: { probes } }), { image: NEW, nodeName: "node-2", timeoutMs });

  it("makes the Pod, best on the node where the image is needed first", () => {
    expect(ask([probe({ is: "release", release: "1.1" }, { image: "tt:other" })])).toMatchObject({
      is: "asking",
      why: { reason: "LearningRelease" },
      effects: [{ do: "probe", podName: probePodName("sample", NEW), image: NEW, nodeName: "node-2" }],
    });
  });

  it("gives the answer once it is there", () => {
    expect(ask([probe({ is: "release", release: "18.1.4.11.0" })])).toEqual({
      is: "known",
      release: "18.1.4.11.0",
    });
  });

  it("says at once what keeps the image, and waits for it only as long as the object allows", () => {
    const trouble: ProbeFinding = { is: "waiting", trouble: "ErrImagePull: not found" };
    expect(ask([probe(trouble)])).toEqual({
      is: "asking",
      why: {
        reason: "ImageTrouble",
        message: "tt:2 does not run yet in Pod sample-probe-1: ErrImagePull: not found",
      },
      effects: [],
      wakeAfterMs: 590_000,
    });
    expect(ask([probe(trouble, { ageMs: 600_000 })])).toEqual({
      is: "unusable",
      why: {
        reason: "ImageUnusable",
        message: "tt:2 cannot be used: ErrImagePull: not found; not within 600 s",
      },
    });
  });

  it("waits for ever where the object says so", () => {
    const answer = ask([probe({ is: "waiting", trouble: null }, { ageMs: 10_000_000 })], 0);
    expect(answer).toMatchObject({ is: "asking", effects: [], wakeAfterMs: Infinity });
  });

  it("has another one look where the first was lost", () => {
    expect(ask([probe({ is: "lost", message: "Evicted" })])).toMatchObject({
      is: "asking",
      effects: [{ do: "endProbe", podName: "sample-probe-1", podUID: "probe-uid" }],
      wakeAfterMs: 1_000,
    });
  });

  it("does not wait for an image that ran and cannot be used", () => {
    expect(ask([probe({ is: "unusable", message: "the image has no TimesTen" })])).toEqual({
      is: "unusable",
      why: { reason: "ImageUnusable", message: "tt:2 cannot be used: the image has no TimesTen" },
    });
  });

  it("ends every Pod that nobody needs any more", () => {
    const old = probe({ is: "lost", message: "" }, { podName: "old", podUID: "u", image: "tt:1" });
    const probes = [probe({ is: "waiting", trouble: null }), old];
    expect(endProbes({ probes }, NEW)).toEqual([{ do: "endProbe", podName: "old", podUID: "u" }]);
    expect(endProbes({ probes }, null)).toHaveLength(2);
  });
});

describe("the release of a new image", () => {
  it.each([
    [["18.1.4.4.0", "18.1.4.4.0"], "18.1.4.11.0", "upgrade"],
    [["18.1.4.11.0"], "18.1.4.4.0", "downgrade"],
    [["18.1.4.4.0", "18.1.4.11.0"], "18.1.4.11.0", "upgrade"],
    [["18.1.4.11.0", "18.1.4.11.0"], "18.1.4.11.0", "same"],
    [["18.1.4.11.0"], "22.1.1.7.0", "refused"],
    [["22.1.1.7.0"], "18.1.4.11.0", "refused"],
    [["22.1.1.7.0", "18.1.4.4.0"], "22.1.1.9.0", "refused"],
    [["Unknown", "18.1.4.4.0"], "18.2.1.0.0", "refused"],
    [["18.1.4.4.0"], "Unknown", "unknown"],
    [["Unknown"], "18.1.4.4.0", "unknown"],
  ])("from %j to %s is %s", (from, to, change) => {
    expect(releaseChange(from, to)).toBe(change);
  });

  it("is refused with both releases named", () => {
    expect(whyRefused(["18.1.4.4.0", "18.1.4.4.0"], NEW, "22.1.1.7.0")).toEqual({
      reason: "ReleaseRefused",
      message:
        "tt:2 holds TimesTen 22.1.1.7.0, the databases are of 18.1.4.4.0: a change of the major release is no upgrade, its data has to be exported and imported",
    });
    expect(whyRefused(["18.1.4.4.0"], NEW, "18.1.4.11.0")).toBeNull();
    expect(whyRefused(["18.1.4.4.0"], NEW, "Unknown")).toBeNull();
  });
});
