/** An admitted spec in the deterministic world: a whole pair, or independent databases, with the real engine. */
import { resources } from "../../../capabilities/objects";
import { IndependentWorld } from "../world/independent/world";
import { configMaps, secrets, storageClass, timesTenClassics } from "../world/cluster/resources";
import { type Classic, NAME, NAMESPACE, WholeWorld } from "../world/world";
import type { Spec } from "./cases";

/** null: it works. Otherwise the sentence that says what does not. */
export type Fate = string | null;

/** Normal is reached within this, however long the waits of the spec are, virtual ms. */
const BOUND_MS = 600_000;
/** A change is taken up within this, and what is Normal stays so for as long. */
const CALM_MS = 20_000;
/** Answers to what the object asks a person to do. */
const ANSWERS = 2;

/** @returns what becomes of an object that is created so */
export async function created(seed: string, spec: Spec): Promise<Fate> {
  const life = new Life(seed, spec);
  return life.guarded(() => life.settles("created"));
}

/** @returns what becomes of an object that is changed so when it works, and changed back; that it is not healed counts more */
export async function changed(seed: string, before: Spec, spec: Spec): Promise<Fate> {
  const life = new Life(seed, before);
  return life.guarded(async () => {
    const begun = await life.settles("before the change");
    if (begun !== null) return begun;
    life.apply(spec);
    const after = await life.settles("changed");
    life.apply(before);
    const healed = await life.settles("rolled back");
    return healed ?? after;
  });
}

class Life {
  private readonly world: WholeWorld;

  constructor(seed: string, spec: Spec) {
    const { ttspec } = spec as { ttspec: Record<string, unknown> };
    const World = ttspec["replicationTopology"] === "none" ? IndependentWorld : WholeWorld;
    this.world = new World({ seed, twosafe: false, brisk: true });
    // Nobody writes: these runs are about what comes up, not about what is kept.
    this.world.client.stop();
    this.world.startOperator("operator-0");
    this.surround();
    this.world.store.create(timesTenClassics, {
      apiVersion: "timesten.oracle.com/v1",
      kind: "TimesTenClassic",
      metadata: { name: NAME, namespace: NAMESPACE },
      spec,
    } as Classic);
  }

  /** A rejection that nobody waits for is a crash of the operator's. */
  async guarded(work: () => Promise<Fate>): Promise<Fate> {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const fate = await work();
      const [violation] = [...this.world.checker.violations, ...unhandled.map(text)];
      return violation ?? fate;
    } catch (error) {
      return text(error);
    } finally {
      process.off("unhandledRejection", note);
    }
  }

  /** The user applies the object anew. */
  apply(spec: Spec): void {
    const object = this.world.object();
    if (object === null) throw new Error("the object is gone");
    this.world.store.replace(timesTenClassics, { ...object, spec } as Classic);
  }

  /** @returns null once it is Normal and stays so */
  async settles(when: string): Promise<Fate> {
    const { world } = this;
    await world.time.pass(CALM_MS);
    for (let answers = 0; ; answers++) {
      await world.time.run(() => world.whyNotNormal() === null || this.asksForReexamine(), BOUND_MS);
      if (world.whyNotNormal() === null) await world.time.pass(CALM_MS);
      const why = world.whyNotNormal();
      if (why === null) return null;
      // What a person is asked to do, they do: once more after a change of mind, not for ever.
      if (!this.asksForReexamine() || answers === ANSWERS)
        return `${when}: ${why} (${world.explainedStop(true) ?? "no explanation"})`;
      world.change({ reexamine: `acto ${world.time.nowMs()}` });
      await world.time.pass(CALM_MS);
    }
  }

  /** Management is stopped, by the user's word or since nobody but a person can know what to do. */
  private asksForReexamine(): boolean {
    const stopped = this.world.object()?.status?.["managementStopped"];
    if (typeof stopped === "string" && stopped !== "") return true;
    return this.world.explainedStop()?.includes("spec.ttspec.reexamine") === true;
  }

  /** What the specs of the cases name. */
  private surround(): void {
    const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: NAMESPACE });
    const encoded = (value: string): string => Buffer.from(value).toString("base64");
    const secret = (name: string, type: string, data: Record<string, string>): object => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: metadata(name),
      type,
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encoded(value)])),
    });
    const { store } = this.world;
    const config = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata("sample"),
      data: { "db.ini": "PermSize=200\n" },
    };
    store.create(configMaps, config);
    store.create(resources.storageClass, storageClass("standard"));
    for (const one of [
      secret("sample-users", "Opaque", { adminUser: "app/tiger", replicationWallet: "x" }),
      secret("exporter-wallet", "Opaque", { "cwallet.sso": "x" }),
      secret("sekret", "kubernetes.io/dockerconfigjson", { ".dockerconfigjson": "{}" }),
    ])
      store.create(secrets, one as Parameters<typeof store.create>[1]);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
