/** What counts as the end of a life of a database, and what does not. */
import { PairMemory } from "../../../capabilities/classic/observe/memory";
import type { PodObject } from "../../../capabilities/classic/observe/podObject";
import type { EndedBoot, PeerDigest, WitnessState } from "../../../protocol";
import { BOOT, OBJECT_UID, UID, agentState, pod, type StateChange } from "./fixtures";

const second = (s: number): string => new Date(s * 1_000).toISOString().replace(".000Z", "Z");

/** The kubelet's view: one tt container that runs since a second, or ended at another. */
function podObject(
  tt: { id: string; startedAt: number; endedAt?: number; reason?: string },
  change: Partial<PodObject> = {},
): PodObject {
  const { id: containerID, startedAt, endedAt, reason = "Error" } = tt;
  const state =
    endedAt === undefined
      ? { running: { startedAt: second(startedAt) } }
      : {
          terminated: {
            containerID,
            reason,
            exitCode: 137,
            startedAt: second(startedAt),
            finishedAt: second(endedAt),
          },
        };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "sample-0", namespace: "mynamespace", uid: UID[0], annotations: { TTC: OBJECT_UID } },
    status: { containerStatuses: [{ name: "tt", containerID, state }] },
    ...change,
  };
}

const heard = (change: StateChange = {}) => agentState(0, { startedAtMs: 10_500, ...change });
const ended = (how: EndedBoot["how"]): EndedBoot => ({ boot: BOOT[0], endedAtMs: 50_000, how, podUID: "" });
const memory = () => new PairMemory(OBJECT_UID, 0);
const ends = (m: PairMemory) =>
  m.ends(60_000).map(({ podUID, boot, source }) => `${source}: ${podUID}/${boot}`);

describe("an agent's word", () => {
  it("ends a life of its own pod", () => {
    const m = memory();
    m.hear(UID[0], [heard(), heard({ boot: null, endedBoots: [ended("daemon died")] })], 50_000);
    expect(ends(m)).toEqual([`agent: ${UID[0]}/${BOOT[0]}`]);
  });

  it("stays true when the pod is gone", () => {
    const m = memory();
    m.hear(UID[0], [heard({ boot: null, endedBoots: [ended("stopped")] })], 50_000);
    m.ends(50_000);
    m.forgetPod(UID[0]);
    expect(ends(m)).toEqual([`agent: ${UID[0]}/${BOOT[0]}`]);
  });

  it("ends a life of the former pod where that pod's agent wrote it down itself", () => {
    const m = memory();
    m.own(BOOT[0], UID[0]);
    m.hear("uid-new", [heard({ podUID: "uid-new", boot: null, endedBoots: [ended("stopped")] })], 50_000);
    expect(ends(m)).toEqual([`agent: ${UID[0]}/${BOOT[0]}`]);
  });

  it("ends no life of a former pod whose processes it merely cannot see", () => {
    const m = memory();
    m.own(BOOT[0], UID[0]);
    m.hear(
      "uid-new",
      [heard({ podUID: "uid-new", boot: null, endedBoots: [ended("container restarted")] })],
      50_000,
    );
    expect(ends(m)).toEqual([]);
  });

  it("that it names a later life ends the one heard before", () => {
    const m = memory();
    m.hear(UID[0], [heard(), heard({ boot: "boot-later" })], 50_000);
    expect(ends(m)).toEqual([`agent: ${UID[0]}/${BOOT[0]}`]);
  });

  it("says nothing about a life that the record names and this replica has not heard of yet", () => {
    const m = memory();
    m.hear(UID[0], [heard({ boot: "boot-before" })], 50_000);
    m.own(BOOT[0], UID[0]);
    expect(ends(m)).toEqual([]);
  });

  it("of nothing loaded proves nothing", () => {
    const m = memory();
    m.hear(UID[0], [heard(), heard({ boot: null })], 50_000);
    expect(ends(m)).toEqual([]);
  });
});

describe("the kubelet's word", () => {
  const lived = (tt = { id: "c1", startedAt: 10 }) => {
    const m = memory();
    m.hear(UID[0], [heard()], 11_000);
    m.seePod(podObject(tt), 12_000);
    return m;
  };

  it("ends the life that ran in that very container", () => {
    const m = lived();
    m.seePod(podObject({ id: "c1", startedAt: 10, endedAt: 55 }), 56_000);
    const [end] = m.ends(60_000);
    expect(end).toMatchObject({
      source: "kubelet",
      boot: BOOT[0],
      containerID: "c1",
      endedAtMs: 55_000,
      heardAtMs: 56_000,
    });
  });

  it("counts also as the last state of a container that runs again", () => {
    const m = lived();
    const again = podObject({ id: "c2", startedAt: 57 });
    const lastState = {
      terminated: { containerID: "c1", reason: "Error", exitCode: 137, finishedAt: second(55) },
    };
    again.status = {
      containerStatuses: [
        { name: "tt", containerID: "c2", state: { running: { startedAt: second(57) } }, lastState },
      ],
    };
    m.seePod(again, 58_000);
    expect(ends(m)).toEqual([`kubelet: ${UID[0]}/${BOOT[0]}`]);
  });

  it("about another container proves nothing", () => {
    const m = lived();
    m.seePod(podObject({ id: "c0", startedAt: 1, endedAt: 55 }), 56_000);
    expect(ends(m)).toEqual([]);
  });

  it("about a container that ended before the agent began proves nothing, whatever was matched to it", () => {
    const m = memory();
    // A late cache: the agent already runs in the next container.
    m.hear(UID[0], [heard({ startedAtMs: 20_000 })], 20_100);
    m.seePod(podObject({ id: "c1", startedAt: 10 }), 20_200);
    m.seePod(podObject({ id: "c1", startedAt: 10, endedAt: 19 }), 20_300);
    expect(ends(m)).toEqual([]);
  });

  it.each([
    [
      "the kubelet does not know how it ended",
      { id: "c1", startedAt: 10, endedAt: 55, reason: "ContainerStatusUnknown" },
      {},
    ],
    [
      "the pod belongs to another object",
      { id: "c1", startedAt: 10, endedAt: 55 },
      { metadata: { name: "sample-0", uid: UID[0], annotations: { TTC: "another" } } },
    ],
  ])("proves nothing where %s", (_why, tt, change) => {
    const m = lived();
    m.seePod(podObject(tt, change), 56_000);
    expect(ends(m)).toEqual([]);
  });

  it("proves nothing while a container of the user's runs in the pod", () => {
    const m = lived();
    const gone = podObject({ id: "c1", startedAt: 10, endedAt: 55 });
    gone.status?.containerStatuses?.push({ name: "app", state: { running: { startedAt: second(1) } } });
    m.seePod(gone, 56_000);
    expect(ends(m)).toEqual([]);
  });

  it("is understood by a next leader from what was noted with the record", () => {
    const m = memory();
    m.recall({ podUID: UID[0], boot: BOOT[0], containerID: "c1", agentStartedAtMs: 10_500 });
    m.seePod(podObject({ id: "c1", startedAt: 10, endedAt: 55 }), 56_000);
    expect(ends(m)).toEqual([`kubelet: ${UID[0]}/${BOOT[0]}`]);
  });
});

describe("a witness's word", () => {
  const witness = (change: Partial<WitnessState> = {}): WitnessState => ({
    seq: 1,
    podName: "sample-0",
    podUID: UID[0],
    startedAtMs: 1,
    watching: null,
    over: [{ boot: BOOT[0], endedAtMs: 50_000 }],
    ...change,
  });

  it("ends a life of its own pod, with the time of the end", () => {
    const m = memory();
    m.hearWitness(UID[0], witness(), 50_020);
    expect(m.ends(60_000)).toMatchObject([
      { podUID: UID[0], boot: BOOT[0], source: "witness", endedAtMs: 50_000, heardAtMs: 50_020 },
    ]);
  });

  it("about another pod is not taken, nor is what it merely watches", () => {
    const m = memory();
    m.hearWitness(UID[1], witness(), 50_020);
    m.hearWitness(UID[0], witness({ over: [], watching: BOOT[0] }), 50_020);
    expect(ends(m)).toEqual([]);
  });

  it("counts also where the other pod's agent carries it", () => {
    const m = memory();
    const witnessed = [{ podUID: UID[0], boot: BOOT[0], endedAtMs: 50_000 }];
    m.hear(UID[1], [agentState(1, { peer: { connected: true, digest: null, witnessed } })], 50_030);
    expect(ends(m)).toEqual([`witness: ${UID[0]}/${BOOT[0]}`]);
  });

  it("is not what the other pod's agent says of its peer's ends", () => {
    const m = memory();
    const { podName, podUID, timesten, permission } = heard();
    const digest: PeerDigest = {
      ...{ podName, podUID, timesten, permission, stopping: false },
      boot: null,
      endedBoots: [ended("stopped")],
    };
    m.hear(UID[1], [agentState(1, { peer: { connected: true, digest, witnessed: [] } })], 50_030);
    expect(ends(m)).toEqual([]);
  });
});

describe("what was last heard of a pod", () => {
  it("is kept when the pod is gone", () => {
    const m = memory();
    m.hear(UID[0], [heard({ timesten: { dbId: 7, lagBytes: 512 } })], 50_000);
    m.pod(UID[0], 50_000).lastHeardMs = 50_000;
    m.forgetPod(UID[0]);
    expect(m.lastOf(UID[0], 58_000)).toEqual({
      lastHeardMs: 50_000,
      dbId: 7,
      lagBytes: 512,
      silentForMs: 8_000,
    });
  });

  it("is silence since this replica began to listen where nothing was", () => {
    expect(memory().lastOf(UID[0], 4_000)).toMatchObject({ lastHeardMs: null, silentForMs: 4_000 });
  });

  it("tells for how long it has been apart from its peer, and in which mode", () => {
    const m = memory();
    const apart = { connected: false, digest: null, witnessed: [] };
    m.hear(UID[0], [heard({ permission: { mode: "finite" } })], 10_000);
    m.hear(
      UID[0],
      [heard({ seq: 2, peer: { ...apart, connected: true }, permission: { mode: "finite" } })],
      11_000,
    );
    expect(m.pod(UID[0], 11_000).peerApartSinceMs).toBeNull();
    m.hear(UID[0], [heard({ seq: 3, peer: apart, permission: { mode: "none" } })], 12_000);
    m.hear(UID[0], [heard({ seq: 4, peer: apart, permission: { mode: "none" } })], 13_000);
    expect(m.pod(UID[0], 13_000)).toMatchObject({
      peerApartSinceMs: 12_000,
      mode: { value: "none", sinceMs: 12_000 },
    });
  });
});

it("what an agent last heard of the other is as old as the break of their session", () => {
  const m = memory();
  const { podName, podUID, boot, endedBoots, timesten, permission, stopping } = agentState(1);
  const digest: PeerDigest = { podName, podUID, boot, endedBoots, timesten, permission, stopping };
  const peer = (connected: boolean) => ({ peer: { connected, digest, witnessed: [] } });
  m.hear(UID[0], [heard(peer(true))], 10_000);
  m.hear(UID[0], [heard({ seq: 2, ...peer(false) })], 40_000);
  m.hear(UID[0], [heard({ seq: 3, ...peer(false), stopping: true })], 50_000);
  expect(m.pod(UID[0], 50_000).heardOfPeer?.atMs).toBe(40_000);
});

it("a new leader takes agents that are apart when it first hears one for apart since long", () => {
  const m = memory();
  m.hear(UID[0], [heard()], 100_000);
  expect(m.pod(UID[0], 100_000).peerApartSinceMs).toBe(40_000);
});

describe("what a new leader has not heard yet", () => {
  const unheard = pod(0, { state: null, agent: { connected: false } });

  it("is given time before it is reported", () => {
    expect(memory().isWarming([unheard, pod(1)], 1_000)).toBe(true);
  });

  it("is reported after that, and at once where all have answered", () => {
    expect(memory().isWarming([unheard, pod(1)], 3_000)).toBe(false);
    expect(memory().isWarming([pod(0), pod(1)], 1_000)).toBe(false);
  });
});

describe("a replica that does not lead", () => {
  it("keeps what it knows of ends, and of what was told only the newest for a report of its own", () => {
    const m = memory();
    m.hear(UID[0], [heard(), heard({ boot: null, endedBoots: [ended("daemon died")] })], 50_000);
    m.known.set("sample-0", {} as never);
    m.pendingEvents.push({ type: "Normal", reason: "Create", message: "done long ago" });
    m.stepBack();
    expect(ends(m)).toEqual([`agent: ${UID[0]}/${BOOT[0]}`]);
    expect(m.pod(UID[0], 51_000).changes).toMatchObject([{ boot: null }]);
    expect([m.known.size, m.pendingEvents.length]).toEqual([0, 0]);
    expect(m.isWarming([], 51_000)).toBe(false);
  });

  it("keeps the session with a writer whose Pod is deleted by force", () => {
    const m = memory();
    m.hear(UID[0], [heard({ permission: { mode: "finite" } })], 50_000);
    m.stepBack();
    expect(m.writerUID).toBe(UID[0]);
  });
});
