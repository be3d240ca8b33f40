/** The right to claim follows writerMayClaimSolo, also where that is changed later. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { runEffects, type Executor } from "../../../capabilities/classic/act/execute";
import { PairMemory } from "../../../capabilities/classic/observe/memory";
import { markedStatefulSet } from "../../../capabilities/classic/observe/template";
import { resources, type StatefulSet } from "../../../capabilities/objects";
import { KubeError, type KubeApi, type KubeObject, type Resource } from "../../../capabilities/runtime/ports";
import { sample, settings } from "../objects/sample";
import { template } from "../objects/view";

const wanted = (spec: object = {}) => sample({ writerMayClaimSolo: true }, spec);
const refused = () => sample({ writerMayClaimSolo: false });

/** A cluster's namespace, and every write in it. */
class Namespace {
  readonly objects = new Map<string, KubeObject>();
  readonly writes: string[] = [];
  failDeletes = false;

  executor(): Executor {
    const id = (resource: Resource, name: string) => `${resource.plural}/${name}`;
    const write = (what: string, resource: Resource, name: string) =>
      void this.writes.push(`${what} ${id(resource, name)}`);
    const kube = {
      get: async (resource: Resource, _: string, name: string) =>
        this.objects.get(id(resource, name)) ?? null,
      create: async (resource: Resource, object: KubeObject) => {
        const { name } = object.metadata;
        if (this.objects.has(id(resource, name))) throw new KubeError(409, "AlreadyExists", "there");
        write("create", resource, name);
        const uid = `uid-${this.writes.length}`;
        this.objects.set(id(resource, name), { ...object, metadata: { ...object.metadata, uid } });
        return object;
      },
      replace: async (resource: Resource, object: KubeObject) => {
        write("replace", resource, object.metadata.name);
        this.objects.set(id(resource, object.metadata.name), object);
        return object;
      },
      delete: async (resource: Resource, _: string, name: string) => {
        if (this.failDeletes) throw new KubeError(0, "Timeout", "no answer");
        write("delete", resource, name);
        this.objects.delete(id(resource, name));
      },
    } as unknown as KubeApi;
    const quiet = (): void => undefined;
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const x: Partial<Executor> = { kube, log, settings, nowMs: () => 1, mayAct: () => undefined };
    return x as Executor;
  }

  /** The pass in which the StatefulSet is made. */
  async create(object: TimesTenClassicObject): Promise<string[]> {
    return this.run(object, { do: "create", kind: "StatefulSet", name: "sample" });
  }

  /** The pass after a change of the object. */
  async change(object: TimesTenClassicObject): Promise<string[]> {
    return this.run(object, { do: "template", name: "sample", image: object.spec.ttspec.image });
  }

  private async run(
    object: TimesTenClassicObject,
    effect: Parameters<typeof runEffects>[3][number],
  ): Promise<string[]> {
    const from = this.writes.length;
    const { failures } = await runEffects(this.executor(), object, new PairMemory("uid", 0), [effect]);
    return [...this.writes.slice(from), ...failures.map(failure => failure.message)];
  }

  subjects(): unknown {
    return (this.objects.get("rolebindings/sample-claim") as { subjects?: unknown } | undefined)?.subjects;
  }
}

const access = [
  "create serviceaccounts/sample-claim",
  "create roles/sample-claim",
  "create rolebindings/sample-claim",
];

describe("the right to claim", () => {
  it("comes before the first Pods that need it", async () => {
    expect(await new Namespace().create(wanted())).toEqual([...access, "create statefulsets/sample"]);
    expect(await new Namespace().create(refused())).toEqual(["create statefulsets/sample"]);
  });

  it("is given later, before the template asks for it", async () => {
    const namespace = new Namespace();
    await namespace.create(refused());
    expect(await namespace.change(wanted())).toEqual([...access, "replace statefulsets/sample"]);
    expect(await namespace.change(wanted())).toEqual([]);
  });

  it("is taken later, and the template then asks for it no more", async () => {
    const namespace = new Namespace();
    await namespace.create(wanted());
    expect(await namespace.change(refused())).toEqual([
      "delete rolebindings/sample-claim",
      "replace statefulsets/sample",
    ]);
    expect(await namespace.change(refused())).toEqual([]);
  });

  it("stays to be taken while that fails: the template remembers it", async () => {
    const namespace = new Namespace();
    await namespace.create(wanted());
    namespace.failDeletes = true;
    expect(await namespace.change(refused())).toEqual([expect.stringContaining("no answer")]);
    namespace.failDeletes = false;
    expect(await namespace.change(refused())).toContain("delete rolebindings/sample-claim");
  });

  it("is given again after it was taken", async () => {
    const namespace = new Namespace();
    await namespace.create(wanted());
    await namespace.change(refused());
    expect(await namespace.change(wanted())).toEqual([
      "create rolebindings/sample-claim",
      "replace statefulsets/sample",
    ]);
  });

  it("moves with the account of the Pods", async () => {
    const namespace = new Namespace();
    await namespace.create(wanted());
    await namespace.change(wanted(template({ serviceAccountName: "mine" })));
    expect(namespace.subjects()).toMatchObject([{ name: "mine" }]);
  });

  it("of somebody else is left alone", async () => {
    const namespace = new Namespace();
    await namespace.create(wanted());
    const binding = namespace.objects.get("rolebindings/sample-claim")!;
    namespace.objects.set("rolebindings/sample-claim", {
      ...binding,
      metadata: { ...binding.metadata, ownerReferences: [] },
    });
    expect(await namespace.change(refused())).toEqual(["replace statefulsets/sample"]);
  });

  it("is no matter for a template that never asked", async () => {
    const namespace = new Namespace();
    await namespace.create(refused());
    const newer = sample({ image: "other:2" });
    expect(await namespace.change(newer)).toEqual(["replace statefulsets/sample"]);
    expect(namespace.objects.get(`${resources.statefulSet.plural}/sample`) as StatefulSet).toMatchObject({
      spec: { template: markedStatefulSet(newer, settings).spec.template },
    });
  });
});
