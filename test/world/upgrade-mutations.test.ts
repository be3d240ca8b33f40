/** The world can fail: an operator that takes both pods down in an upgrade is caught. */
import { record } from "../support/world/campaign";
import type { RunOptions } from "../support/world/run";
import type { WorldTampering } from "../support/world/world";

jest.setTimeout(120_000);

type Kube = Parameters<NonNullable<WorldTampering["operator"]>>[0]["kube"];

const upgrade: RunOptions = {
  seed: "both",
  scenario: "upgrade",
  faults: "none",
  brisk: true,
  boundMs: 30_000,
};

/** @returns the API, which deletes a pod's sister with it */
function deletingBoth(kube: Kube): Kube {
  const both: Kube["delete"] = async (resource, namespace, name, options) => {
    await kube.delete(resource, namespace, name, options);
    const sister = name.replace(/-[01]$/, digit => (digit === "-0" ? "-1" : "-0"));
    if (sister !== name) await kube.delete(resource, namespace, sister, {});
  };
  return new Proxy(kube, {
    get: (own, name) => {
      if (name === "delete") return both;
      const value: unknown = Reflect.get(own, name);
      return typeof value === "function" ? (value.bind(own) as unknown) : value;
    },
  });
}

it("an upgrade by the product's own operator is not complained of", async () => {
  const { result } = await record(upgrade);
  expect(result.violations).toEqual([]);
});

it("an operator that deletes both pods at once", async () => {
  const { result } = await record({
    ...upgrade,
    tampering: { operator: world => ({ ...world, kube: deletingBoth(world.kube) }) },
  });
  expect(result.violations.join("\n")).toContain("was deleted before and is not back");
});
