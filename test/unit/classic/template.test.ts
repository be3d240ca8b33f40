/** The StatefulSet's template follows the spec; the operator's own image is no reason of its own. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { runEffects, type Executor } from "../../../capabilities/classic/act/execute";
import { templateEffects } from "../../../capabilities/classic/decide/template";
import { PairMemory } from "../../../capabilities/classic/observe/memory";
import { markedStatefulSet, templateFacts } from "../../../capabilities/classic/observe/template";
import { isInCatalogue } from "../../../capabilities/classic/report/catalogue";
import { imagesOf, type ObjectSettings, type StatefulSet } from "../../../capabilities/objects";
import { KubeError, type KubeApi } from "../../../capabilities/runtime/ports";
import { sample, settings } from "../objects/sample";

const OLD = "phx.ocir.io/youraccount/tt181440:2";
const NEW = "phx.ocir.io/youraccount/tt1814110:3";
const withApp = (image: string) => ({ template: { spec: { containers: [{ name: "app", image }] } } });

function effects(object: TimesTenClassicObject, made: StatefulSet, now: ObjectSettings = settings) {
  return templateEffects({ object, template: templateFacts(object, now, made) }, object.spec.ttspec.image);
}

describe("the images of a pod", () => {
  it("tells TimesTen's, the operator's and the user's apart", () => {
    const { spec } = markedStatefulSet(sample({}, withApp("app:1")), settings).spec.template;
    expect(imagesOf(spec)).toEqual({ tt: OLD, agent: settings.operatorImage, others: { app: "app:1" } });
  });

  it("counts a user's container that names no image with TimesTen's", () => {
    const template = { template: { spec: { containers: [{ name: "app" }] } } };
    expect(imagesOf(markedStatefulSet(sample({}, template), settings).spec.template.spec).others).toEqual({
      app: OLD,
    });
  });
});

describe("when the template is changed", () => {
  const made = markedStatefulSet(sample(), settings);

  it("leaves one that is in step alone", () => {
    expect(effects(sample(), made)).toEqual([]);
  });

  it("leaves one alone that the API server has filled with defaults", () => {
    const spec = { ...made.spec.template.spec, restartPolicy: "Always", dnsPolicy: "ClusterFirst" };
    const filled = { ...made, spec: { ...made.spec, template: { ...made.spec.template, spec } } };
    expect(effects(sample(), filled)).toEqual([]);
  });

  it.each([
    ["TimesTen's image", sample({ image: NEW }), settings],
    ["an application's image", sample({}, withApp("app:2")), settings],
    ["anything else of the template", sample({ imagePullPolicy: "IfNotPresent" }), settings],
    ["the operator's image", sample(), { ...settings, operatorImage: "operator:2" }],
  ] as const)("follows %s", (_what, object, now) => {
    const { image } = object.spec.ttspec;
    expect(effects(object, made, now)).toEqual([{ do: "template", name: "sample", image }]);
  });

  it("tells the operator's image from what a user asked for", () => {
    const facts = templateFacts(sample(), { ...settings, operatorImage: "operator:2" }, made);
    expect(facts).toMatchObject({ isAsWanted: true, bringsOurAgent: false });
  });
});

describe("changing the template", () => {
  /** A cluster with one StatefulSet. */
  function cluster(found: StatefulSet | null): { x: Executor; replaced: StatefulSet[] } {
    const replaced: StatefulSet[] = [];
    const kube = {
      get: async () => found,
      replace: async (_: unknown, set: StatefulSet) => {
        if (set.metadata.resourceVersion !== "7") throw new KubeError(409, "Conflict", "older");
        replaced.push(set);
        return set;
      },
    } as unknown as KubeApi;
    const log = {
      debug: () => 0,
      info: () => 0,
      warn: () => 0,
      error: () => 0,
    } as unknown as Executor["log"];
    const x = { kube, log, settings, nowMs: () => 1, mayAct: () => undefined } as Partial<Executor>;
    return { x: x as Executor, replaced };
  }

  const stored = (object = sample()): StatefulSet => {
    const set = markedStatefulSet(object, settings);
    return { ...set, metadata: { ...set.metadata, uid: "set-uid", resourceVersion: "7" } };
  };
  const apply = (x: Executor, object: TimesTenClassicObject, memory = new PairMemory("uid", 0)) =>
    runEffects(x, object, memory, [{ do: "template", name: "sample", image: object.spec.ttspec.image }]);

  it("replaces the template alone, on the version that was read", async () => {
    const { x, replaced } = cluster({ ...stored(), spec: { ...stored().spec, replicas: 5 } });
    await apply(x, sample({ image: NEW }));
    expect(replaced).toHaveLength(1);
    const [set] = replaced;
    expect(set?.metadata).toMatchObject({ uid: "set-uid", resourceVersion: "7" });
    expect(set?.spec.replicas).toBe(5);
    expect(set && imagesOf(set.spec.template.spec).tt).toBe(NEW);
  });

  it("drops what the object no longer asks for", async () => {
    const { x, replaced } = cluster(stored(sample({}, withApp("app:1"))));
    await apply(x, sample());
    expect(replaced.map(set => set.spec.template.spec.containers?.map(one => one.name))).toEqual([
      ["tt", "daemonlog"],
    ]);
  });

  it("writes nothing where it was written before", async () => {
    const { x, replaced } = cluster(stored(sample({ image: NEW })));
    await apply(x, sample({ image: NEW }));
    expect(replaced).toEqual([]);
  });

  it("leaves a StatefulSet of somebody else alone", async () => {
    const set = stored();
    const { x, replaced } = cluster({ ...set, metadata: { ...set.metadata, ownerReferences: [] } });
    await apply(x, sample({ image: NEW }));
    expect(replaced).toEqual([]);
  });

  describe("because of an application in a container of its own", () => {
    const told = async (before: TimesTenClassicObject, after: TimesTenClassicObject, now = settings) => {
      const { x, replaced } = cluster(stored(before));
      const memory = new PairMemory("uid", 0);
      await apply({ ...x, settings: now }, after, memory);
      expect(replaced).toHaveLength(1);
      return memory.pendingEvents;
    };

    it("tells what a person has to do about it, in a form of the catalogue", async () => {
      const events = await told(sample({}, withApp("app:1")), sample({}, withApp("app:2")));
      expect(events.map(event => event.message)).toEqual([
        "Image of container app updated to app:2, no upgrade started: each Pod runs it once it has been deleted and made anew",
      ]);
      expect(events.every(isInCatalogue)).toBe(true);
    });

    it("tells nothing where the Pods are replaced anyway, or nothing of it has changed", async () => {
      const app1 = sample({}, withApp("app:1"));
      expect(await told(app1, sample({ image: NEW }, withApp("app:2")))).toEqual([]);
    });

    it("tells once what else changed, because no Pod is restarted on account of it", async () => {
      const app1 = sample({}, withApp("app:1"));
      const texts = async (after: TimesTenClassicObject) =>
        (await told(app1, after)).map(event => [event.message, isInCatalogue(event)]);
      const message = "Template of StatefulSet sample changed: each Pod follows when it is next made anew";
      expect(await texts(sample({ imagePullPolicy: "Never" }, withApp("app:1")))).toEqual([[message, true]]);
      expect(await texts(sample())).toEqual([[message, true]]);
    });

    it("tells nothing of the operator's own image", async () => {
      const app1 = sample({}, withApp("app:1"));
      expect(await told(app1, app1, { ...settings, operatorImage: "operator:2" })).toEqual([]);
    });
  });
});
