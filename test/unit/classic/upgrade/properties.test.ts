/** Properties of upgrades over any observation, also those that no story comes to. */
import fc from "fast-check";
import type { UpgradeStatus } from "../../../../generated/types";
import { decide } from "../../../../capabilities/classic/decide/decide";
import { isStuck } from "../../../../capabilities/classic/decide/upgrade/facts";
import { upgradeStatus } from "../../../../capabilities/classic/decide/upgrade/memory";
import type { Decision, Effect } from "../../../../capabilities/classic/decision";
import type { ImageProbe, Observation, ObservedPod } from "../../../../capabilities/classic/observation";
import { isInCatalogue } from "../../../../capabilities/classic/report/catalogue";
import { anyObservation } from "../any-observation";
import { agentState, observation, pod, record } from "../fixtures";
import { expectToldAndTimely } from "../told";

const image = fc.constantFrom("tt:1", "tt:2");

const anyUpgrade: fc.Arbitrary<UpgradeStatus> = fc
  .record({
    image,
    phase: fc.constantFrom(
      undefined,
      "Waiting" as const,
      "Refused" as const,
      ...Array<"Standby">(4).fill("Standby"),
      ...Array<"Active">(4).fill("Active"),
      "Failed" as const,
      "Recovering" as const,
      "Unfinished" as const,
      "Manual" as const,
    ),
    pod: fc.option(
      fc.record({
        ordinal: fc.constantFrom(0, 1),
        uid: fc.constantFrom("uid-0", "uid-1", "uid-old"),
        role: fc.constantFrom("STANDBY" as const, "ACTIVE" as const),
        goneAgoMs: fc.option(fc.constantFrom(1_000, 700_000), { nil: null, freq: 2 }),
      }),
      { nil: null, freq: 6 },
    ),
    failedIn: fc.constantFrom("Standby" as const, "Active" as const),
    restarted: fc.boolean(),
  })
  .map(({ pod, phase, failedIn, ...rest }): UpgradeStatus => {
    const at = (agoMs: number) => new Date(100_000 - agoMs).toISOString();
    const failed = phase === "Failed" || phase === "Recovering" ? { failedIn } : {};
    if (phase === undefined) return { image: rest.image };
    const lasts = phase === "Refused" || phase === "Failed" || phase === "Unfinished";
    const message = lasts ? { message: "as it was told" } : {};
    if (pod === null) return { ...rest, ...failed, ...message, phase, startedAt: at(5_000) };
    const { ordinal, uid, role, goneAgoMs } = pod;
    const replacedAt = goneAgoMs === null ? {} : { replacedAt: at(goneAgoMs) };
    const named = { podName: `sample-${ordinal}`, podUID: uid, podRole: role, ...replacedAt };
    return { ...rest, ...failed, ...message, ...named, phase, startedAt: at(5_000) };
  });

const anyProbe: fc.Arbitrary<ImageProbe> = fc
  .constantFrom<
    ImageProbe["found"]
  >({ is: "release", release: "18.1.4.12.0" }, { is: "release", release: "22.1.1.7.0" }, { is: "unusable", message: "no" }, { is: "waiting", trouble: "ErrImagePull: no" }, { is: "lost", message: "gone" })
  .map(found => ({ podName: "sample-probe", podUID: "probe", image: "tt:2", ageMs: 10, found }));

const seldom = fc.nat(9).map(one => one === 0);

/** A pair in order, but for one thing or another. */
const nearlyNormal: fc.Arbitrary<Observation> = fc
  .record({
    terminating: fc.tuple(seldom, seldom),
    silent: fc.tuple(seldom, seldom),
    stopping: fc.tuple(seldom, seldom),
    incomplete: seldom,
    closed: seldom,
    unready: seldom,
    lagBytes: fc.constantFrom(null, 0, 50_000_000),
  })
  .map(({ terminating, silent, stopping, incomplete, closed, unready, lagBytes }) => {
    const one = (ordinal: 0 | 1): ObservedPod => {
      const timesten = ordinal === 0 ? { open: !closed, lagBytes } : {};
      const permission = ordinal === 1 && incomplete ? { completeFor: 0 } : {};
      const state = agentState(ordinal, { stopping: stopping[ordinal], timesten, permission });
      const agent = silent[ordinal] ? { connected: false, silentForMs: 2_000 } : {};
      return pod(ordinal, { state, terminating: terminating[ordinal], agent });
    };
    return observation({ pods: [one(0), one(1)], record: record({ ready: !unready }) });
  });

/** The report is of this change, and names a pod that is there and old. */
function sensible(
  o: Observation,
  upgrade: UpgradeStatus,
  wanted: string,
  images: [string, string],
): UpgradeStatus {
  const writer = o.pods.findIndex(pod => pod.uid === o.record?.value.writer.podUID);
  const peer = writer === 0 ? 1 : 0;
  const old = [peer, 1 - peer].find(ordinal => images[ordinal as 0 | 1] !== wanted);
  const pod = old === undefined ? undefined : o.pods[old as 0 | 1];
  if (upgrade.phase === undefined || pod === undefined || pod.uid === null)
    return { ...upgrade, image: wanted };
  const { replacedAt: _gone, ...rest } = upgrade;
  const podRole = old === writer ? ("ACTIVE" as const) : ("STANDBY" as const);
  return { ...rest, image: wanted, podName: pod.name, podUID: pod.uid, podRole };
}

/** Any observation of a pair whose images may be anything. */
const anyUpgrading: fc.Arbitrary<Observation> = fc
  .record({
    o: fc.oneof(anyObservation, nearlyNormal),
    upgrade: anyUpgrade,
    wanted: image,
    manual: fc.nat(4).map(one => one === 0),
    images: fc.tuple(image, image),
    template: image,
    trouble: fc.tuple(fc.nat(3), fc.nat(3)),
    probes: fc.array(anyProbe, { maxLength: 1 }),
    normal: fc.boolean(),
    reset: fc.constantFrom("", "", "", "1"),
    sense: fc.nat(3).map(one => one > 0),
  })
  // No two Pods have one uid.
  .filter(({ o }) => o.pods[0].uid !== o.pods[1].uid || o.pods[0].uid === null)
  .map(({ o, wanted, manual, images, trouble, probes, normal, reset, sense, ...rest }) => {
    const template = sense ? wanted : rest.template;
    const upgrade = sense ? sensible(o, rest.upgrade, wanted, images) : rest.upgrade;
    const withImage = (pod: ObservedPod): ObservedPod => {
      if (pod.uid === null) return { ...pod, images: null, resourceVersion: null };
      const stuck = trouble[pod.ordinal] === 0 && pod.container?.running !== true;
      const of = { tt: images[pod.ordinal], agent: "operator:1", others: {} };
      return { ...pod, images: of, trouble: stuck ? "ErrImagePull: no" : null, resourceVersion: "9" };
    };
    const ttspec = {
      ...o.object.spec.ttspec,
      image: wanted,
      imageUpgradeStrategy: manual ? ("manual" as const) : ("auto" as const),
      resetUpgradeState: reset,
    };
    const state = normal ? { highLevelState: "Normal" as const } : {};
    const status = { ...o.object.status, ...state, upgrade };
    return {
      ...o,
      object: { ...o.object, spec: { ...o.object.spec, ttspec }, status },
      pods: [withImage(o.pods[0]), withImage(o.pods[1])],
      template: {
        images: { tt: template, agent: "operator:1", others: {} },
        isAsWanted: true,
        bringsOurAgent: true,
        isObserved: true,
      },
      probes,
    };
  });

type Deletion = Effect & { do: "deletePod" };
const deletions = (d: Decision): Deletion[] =>
  d.effects.flatMap(effect => (effect.do === "deletePod" ? [effect] : []));
const podNamed = (o: Observation, name: string): ObservedPod | undefined =>
  o.pods.find(pod => pod.name === name);

const runs = { numRuns: 8_000 };

it("at most one pod is deleted in a pass, never beside a change of the record, and exactly the one that was seen", () => {
  let count = 0;
  fc.assert(
    fc.property(anyUpgrading, o => {
      const d = decide(o);
      const [first, ...others] = deletions(d);
      expect(others).toEqual([]);
      if (first === undefined) return;
      count++;
      expect(d.recordWrite).toBeNull();
      const pod = podNamed(o, first.podName);
      expect(pod).toMatchObject({
        uid: first.podUID,
        resourceVersion: first.resourceVersion,
        terminating: false,
      });
      expect(pod?.images?.tt).not.toBe(o.object.spec.ttspec.image);
    }),
    runs,
  );
  expect(count).toBeGreaterThan(50);
});

it("a pod is deleted only when the last report names it, or when it cannot start with its image; never in manual", () => {
  fc.assert(
    fc.property(anyUpgrading, o => {
      for (const { podName, podUID } of deletions(decide(o))) {
        const { phase, podUID: named } = o.object.status?.upgrade ?? {};
        const pod = podNamed(o, podName);
        const announced = (phase === "Standby" || phase === "Active") && named === podUID;
        expect(announced || (pod !== undefined && isStuck(pod))).toBe(true);
        expect(o.object.spec.ttspec.imageUpgradeStrategy).toBe("auto");
        expect(o.template?.images.tt).toBe(o.object.spec.ttspec.image);
      }
    }),
    runs,
  );
});

it("the active's pod is deleted only in a Normal pair whose standby runs the image and may be promoted at once", () => {
  let count = 0;
  fc.assert(
    fc.property(anyUpgrading, o => {
      for (const { podUID } of deletions(decide(o))) {
        const record = o.record?.value;
        if (record?.writer.podUID !== podUID) continue;
        const over = o.ends.some(end => end.boot === record.writer.boot && end.podUID === podUID);
        const pod = o.pods.find(one => one.uid === podUID);
        if (over && pod !== undefined && isStuck(pod)) continue;
        count++;
        expect(o.object.status?.highLevelState).toBe("Normal");
        expect(record).toMatchObject({ mode: "Pair", ready: true });
        const peer = o.pods.find(one => one.uid !== podUID);
        expect(peer).toMatchObject({ terminating: false, images: { tt: o.object.spec.ttspec.image } });
        expect(peer?.agent.connected).toBe(true);
        expect(peer?.agent.state).toMatchObject({
          stopping: false,
          permission: { completeFor: record.n },
          timesten: { repState: "STANDBY" },
        });
      }
    }),
    runs,
  );
  expect(count).toBeGreaterThan(5);
});

it("the standby's pod is deleted only while the active serves, or when it cannot start anyway", () => {
  let count = 0;
  fc.assert(
    fc.property(anyUpgrading, o => {
      for (const { podUID } of deletions(decide(o))) {
        const record = o.record?.value;
        const pod = o.pods.find(one => one.uid === podUID);
        if (record === undefined || record.writer.podUID === podUID || pod === undefined || isStuck(pod))
          continue;
        count++;
        const writer = o.pods.find(one => one.uid === record.writer.podUID);
        expect(writer?.agent.connected).toBe(true);
        expect(writer?.terminating).toBe(false);
        expect(writer?.agent.state).toMatchObject({
          boot: record.writer.boot,
          stopping: false,
          timesten: { repState: "ACTIVE", open: true },
        });
      }
    }),
    runs,
  );
  expect(count).toBeGreaterThan(20);
});

it("whatever is decided is told in known words, and waits no longer than the polling interval", () => {
  fc.assert(
    fc.property(anyUpgrading, o => {
      const d = decide(o);
      for (const event of [...d.upgrade.announcements, ...d.upgrade.events])
        expect(isInCatalogue(event)).toBe(true);
      expectToldAndTimely(d, o);
    }),
    runs,
  );
});

it("while the pair stays as it is the memory comes to rest, and says each thing once", () => {
  fc.assert(
    fc.property(anyUpgrading, first => {
      let o = first;
      const said: string[] = [];
      for (let i = 0; i < 8; i++) {
        const d = decide(o);
        // Then the pair does not stay as it is.
        if (d.recordWrite !== null) return;
        said.push(...[...d.upgrade.announcements, ...d.upgrade.events].map(event => event.message));
        const upgrade = upgradeStatus(d.upgrade.memory, d.upgrade.why?.message ?? "");
        const classicUpgradeStatus = { prevResetUpgradeState: d.upgrade.memory.resetSeen ?? "" };
        const status = { ...o.object.status, upgrade, classicUpgradeStatus };
        o = { ...o, object: { ...o.object, status } };
      }
      const last = decide(o).upgrade;
      expect(JSON.stringify(upgradeStatus(last.memory, last.why?.message ?? ""))).toBe(
        JSON.stringify(o.object.status?.upgrade),
      );
      expect(new Set(said).size).toBe(said.length);
    }),
    runs,
  );
});
