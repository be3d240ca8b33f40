/**
 * What the in-memory API and a real API server must have in common: one suite, run against both (test/world/api and
 * test/cluster/api-conformance). A behaviour the engine relies on and this suite does not hold is a gap here.
 */
import type { KubeApi } from "../../../capabilities/runtime/ports";
import { describeApplies } from "./conformance/applies";
import { describeControllers } from "./conformance/controllers";
import { describeDeletes } from "./conformance/deletes";
import type { ApiUnderTest } from "./conformance/objects";
import { describeWatches } from "./conformance/watches";
import { describeStatus, describeWrites } from "./conformance/writes";

export type { ApiUnderTest } from "./conformance/objects";

/**
 * Declares the suite.
 * @param name what is under test
 * @param setUp called once before all
 */
export function describeKubeApi(
  name: string,
  setUp: () => Promise<ApiUnderTest>,
  tearDown: () => Promise<void> = async () => undefined,
): void {
  describe(name, () => {
    let api: ApiUnderTest;
    let kube: KubeApi;
    let namespace: string;

    beforeAll(async () => {
      api = await setUp();
      kube = api.kube;
    }, 600_000);
    afterAll(tearDown, 120_000);
    beforeEach(async () => {
      namespace = await api.newNamespace();
    }, 60_000);

    describeWrites(() => ({ api, kube, namespace }));
    describeApplies(() => ({ api, kube, namespace }));
    describeStatus(() => ({ api, kube, namespace }));
    describeDeletes(() => ({ api, kube, namespace }));
    describeWatches(() => ({ api, kube, namespace }));
    describeControllers(() => ({ api, kube, namespace }));
  });
}
