/**
 * The door: every case of admission through real `kubectl apply` on a real API server, first with the schema alone, as
 * while the operator is away, then with the built module's webhooks. No nodes: only writing is looked at.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { startControlPlane, type ControlPlane } from "../../testbed/cluster";
import { applyCrd, Kubectl, until, type AnyObject } from "../../testbed/kubectl";
import { findTools } from "../../testbed/tools";
import { startWebhooks, type Webhooks } from "../../testbed/webhook";
import { admissionCases, manifest, nameOf, type AdmissionCase } from "../support/admission/cases";

jest.setTimeout(120_000);

const root = join(__dirname, "..", "..");
/** kubectl calls at once: each is a process of its own. */
const PARALLEL = 4;

interface Classic extends AnyObject {
  spec: { ttspec: Record<string, unknown> };
}

let plane: ControlPlane;
let admin: Kubectl;
let k: Kubectl;
let webhooks: Webhooks | undefined;

beforeAll(async () => {
  const tools = await findTools(["kubectl"], ["kubectl"], () => undefined);
  plane = await startControlPlane({ controllers: false });
  admin = new Kubectl(tools("kubectl"), plane.kubeconfig);
  await applyCrd(admin, root);
  await admin.run(["create", "namespace", "mynamespace"]);
  k = admin.in("mynamespace");
  const first = JSON.stringify(manifest({}, "first"));
  await until("the kind is served", 30_000, async () => (await k.apply(first)) !== "");
}, 900_000);

afterAll(async () => {
  await webhooks?.stop();
  await plane?.stop();
});

/** What kubectl printed, and whether the object was taken. */
interface Answer {
  taken: boolean;
  said: string;
}

/** `kubectl apply` with everything it prints, warnings of accepted objects too. */
function apply(object: object, args: readonly string[] = []): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(k.program, [
      ...["--kubeconfig", k.kubeconfig, "--namespace", k.namespace, "apply", ...args, "-f", "-"],
    ]);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.on("error", reject);
    child.on("close", code => resolve({ taken: code === 0, said }));
    child.stdin.end(JSON.stringify(object));
  });
}

/** The case's object as it is applied: named apart where an object before it is stored, and only tried out. */
async function answerTo(one: AdmissionCase): Promise<Answer> {
  return apply(manifest(one.object, nameIn(one)), ["--dry-run=server"]);
}

const nameIn = (one: AdmissionCase): string | undefined =>
  one.old === undefined ? one.object.name : `old${admissionCases.indexOf(one)}`;

/** Every case, a few at a time. @returns the answers by name */
async function answers(): Promise<Map<string, Answer>> {
  const found = new Map<string, Answer>();
  const left = [...admissionCases];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift())
      found.set(nameOf(one), await answerTo(one));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found;
}

async function storeOlds(): Promise<void> {
  const items = admissionCases
    .filter(one => one.old !== undefined)
    .map(one => manifest(one.old ?? {}, nameIn(one)));
  await k.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  for (const one of admissionCases.filter(({ old }) => old?.status !== undefined)) {
    const patch = JSON.stringify({ status: one.old?.status });
    await k.run(["patch", "ttc", `${nameIn(one)}`, "--subresource=status", "--type=merge", "-p", patch]);
  }
}

/** @returns the cases whose answer is not as the table says, with what was said */
function wrong(
  found: Map<string, Answer>,
  expected: (one: AdmissionCase) => { taken: boolean; words?: string },
): string[] {
  return admissionCases.flatMap(one => {
    const answer = found.get(nameOf(one)) ?? { taken: false, said: "was not asked" };
    const { taken, words = "" } = expected(one);
    return answer.taken === taken && answer.said.includes(words)
      ? []
      : [
          `${nameOf(one)}: expected ${taken ? "taken" : "refused"} with "${words}", got: ${answer.said.trim()}`,
        ];
  });
}

describe("while the webhook is away", () => {
  it("the schema refuses what it can say, and takes the rest for the pass to see", async () => {
    await storeOlds();
    expect(
      wrong(await answers(), ({ schema }) => ({
        taken: schema === undefined,
        ...(schema === undefined ? {} : { words: schema }),
      })),
    ).toEqual([]);
  });

  it("the API server itself warns of a deprecated version", async () => {
    const { said } = await apply(manifest({ version: "v3" }, "deprecated"), ["--dry-run=server"]);
    expect(said).toContain("Warning: timesten.oracle.com/v3 TimesTenClassic is deprecated; use v5");
  });
});

describe("with the webhook", () => {
  beforeAll(async () => {
    webhooks = await startWebhooks(root, admin);
    await webhooks.register();
    await until("the API server asks the webhooks", 30_000, async () => {
      const { taken } = await apply(manifest({ labels: { app: "x" } }, "asked"), ["--dry-run=server"]);
      return taken ? undefined : true;
    });
  });

  it("every case is refused or warned about as the table says", async () => {
    expect(
      wrong(await answers(), ({ schema, denial, warning }) => {
        const words = schema ?? denial ?? warning;
        return {
          taken: schema === undefined && denial === undefined,
          ...(words === undefined ? {} : { words }),
        };
      }),
    ).toEqual([]);
  });

  it.each(["v1", "v2", "v3", "v4", "v5"])(
    "an object of %s passes it too, and gets its default",
    async version => {
      const bad = await apply(manifest({ version, labels: { app: "x" } }, `bad${version}`));
      expect(bad).toMatchObject({
        taken: false,
        said: expect.stringContaining("metadata.labels.app is reserved") as unknown,
      });
      await apply(manifest({ version }, `good${version}`));
      const stored = await k.get<Classic>("ttc", `good${version}`);
      expect(stored?.spec.ttspec["imageUpgradeStrategy"]).toBe("auto");
    },
  );

  it("all faults are named at once", async () => {
    const object = manifest({
      labels: { app: "x" },
      spec: { template: { spec: { hostNetwork: true, restartPolicy: "Never" } } },
    });
    const { said } = await apply(object, ["--dry-run=server"]);
    expect(said).toMatch(
      /3 faults: metadata\.labels\.app .*restartPolicy must be Always; spec\.template\.spec\.hostNetwork/,
    );
  });

  it.each([
    ["by client-side apply", []],
    ["by server-side apply", ["--server-side"]],
  ])("the same manifest applied again %s changes nothing and shows no difference", async (how, args) => {
    const name = `again${args.length}`;
    const ttspec = { imagePullPolicy: "Always", dbConfigMap: ["sample"], prometheus: {} };
    const object = manifest({ ttspec }, name);
    expect((await apply(object, args)).taken).toBe(true);
    const version = async () => (await k.get("ttc", name))?.metadata.resourceVersion;
    const before = await version();
    const input = JSON.stringify(object);
    expect([how, await k.run(["diff", ...args, "-f", "-"], { input })]).toEqual([how, ""]);
    expect((await apply(object, args)).taken).toBe(true);
    expect(await version()).toBe(before);
  });

  it("an object that became invalid while it was away can lose its finalizer and be deleted", async () => {
    await webhooks?.unregister();
    const object = manifest({ labels: { app: "x" } }, "slipped");
    object.metadata.finalizers = ["example.com/wait"];
    expect((await apply(object)).taken).toBe(true);
    await webhooks?.register();
    await until("the API server asks the webhooks again", 30_000, async () => {
      const { taken } = await apply(manifest({ labels: { app: "x" } }, "asked"), ["--dry-run=server"]);
      return taken ? undefined : true;
    });
    await k.run(["delete", "ttc", "slipped", "--wait=false"]);
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    await k.run(["patch", "ttc", "slipped", "--type=merge", "-p", patch]);
    expect(await k.get("ttc", "slipped")).toBeNull();
  });
});
