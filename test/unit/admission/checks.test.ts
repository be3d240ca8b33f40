import type { TimesTenClassicObject } from "../../../generated/types";
import { describeFaults, type Check } from "../../../capabilities/validators/fault";
import { checkImage } from "../../../capabilities/validators/image";
import { doubtImageTag } from "../../../capabilities/validators/imageTag";
import { checkLabels } from "../../../capabilities/validators/labels";
import { checkName } from "../../../capabilities/validators/name";
import { checkQuantities } from "../../../capabilities/validators/quantities";
import { checkStorageClassName } from "../../../capabilities/validators/storage";
import { checkTemplateShape } from "../../../capabilities/validators/templateShape";
import { checkTtspec } from "../../../capabilities/validators/ttspec";
import { FIELDS_OF_PODS } from "../../../capabilities/validators/changesOfPods";
import { checks as allChecks, doubts as allDoubts } from "../../../capabilities/validators/checks";
import { storedSchema } from "../../support/schema";
import { validate } from "../../../capabilities/validators/validate";
import { sample } from "../objects/sample";

const say = (
  check: Check,
  object: TimesTenClassicObject,
  old: TimesTenClassicObject | null = null,
): string[] => check(object, old).map(fault => `${fault.path} ${fault.message}`);

function called(name: string): TimesTenClassicObject {
  const object = sample();
  object.metadata.name = name;
  return object;
}

/** An object of a shape that only the schema would refuse. */
function raw(spec: unknown): TimesTenClassicObject {
  return { ...sample(), spec: spec as TimesTenClassicObject["spec"] };
}

describe("the name", () => {
  it.each(["sample", "a", "orders-eu-west", `${"a".repeat(32)}-${"b".repeat(19)}`])("may be %s", name => {
    expect(say(checkName, called(name))).toEqual([]);
  });

  it.each(["Sample", "1sample", "my.sample", "-a", "a-", "a_b", ""])(
    "must be a DNS label with a letter first, not %p",
    name => {
      expect(say(checkName, called(name))).toEqual([
        `metadata.name "${name}" cannot be used: it must start with a lower-case letter, end with a letter or digit and contain only a-z, 0-9 and '-'`,
      ]);
    },
  );

  it("must leave room for Pod names", () => {
    expect(say(checkName, called(`a-${"b".repeat(51)}`))).toEqual([
      "metadata.name has 53 characters; at most 52 are allowed, because Pod names and labels are built from it",
    ]);
  });

  it("must give a database name that TimesTen takes", () => {
    const database = "a".repeat(33);
    expect(say(checkName, called(`${database}-x`))).toEqual([
      `metadata.name gives the database name "${database}" (up to the first '-'), which is longer than TimesTen's limit of 32 characters`,
    ]);
  });
});

describe("spec.ttspec", () => {
  it.each([[null], [undefined], [{}], [{ ttspec: null }], [{ ttspec: "x" }]])("is required: %p", spec => {
    expect(say(checkTtspec, raw(spec))).toEqual(["spec.ttspec is required"]);
  });
});

describe("the image", () => {
  it.each([
    "phx.ocir.io/youraccount/tt181440:2",
    "timesten",
    "localhost:5000/a/b__c:v1.2_3",
    "registry.example.com/timesten:22.1.1.27.0",
    `a/b@sha256:${"0".repeat(64)}`,
  ])("may be %s", image => {
    expect(say(checkImage, sample({ image }))).toEqual([]);
  });

  it.each(["a b", "a/UPPER", "a:", "a:b:c/", "https://a/b:c", "a//b", "a/b:-x", "a@sha256:00"])(
    "cannot be %p",
    image => {
      expect(say(checkImage, sample({ image }))).toEqual([
        `spec.ttspec.image "${image}" is not a valid image reference`,
      ]);
    },
  );

  it("is required", () => {
    expect(say(checkImage, sample({ image: "" }))).toEqual(["spec.ttspec.image is required"]);
    expect(say(checkImage, raw({}))).toEqual(["spec.ttspec.image is required"]);
  });

  it("cannot be taken away", () => {
    expect(say(checkImage, sample({ image: "" }), sample())).toEqual(["spec.ttspec.image cannot be removed"]);
  });
});

describe("the storage", () => {
  it("needs a class", () => {
    expect(say(checkStorageClassName, sample({ storageClassName: "" }))).toEqual([
      "spec.ttspec.storageClassName is required",
    ]);
    expect(say(checkStorageClassName, raw(null))).toEqual(["spec.ttspec.storageClassName is required"]);
    expect(say(checkStorageClassName, sample())).toEqual([]);
  });

  it("needs sizes that can be read", () => {
    const object = sample({
      storageSize: "250GB",
      logStorageSize: "0",
      databaseMemorySize: "40 gigs",
      databaseCPURequest: "-1",
    });
    expect(say(checkQuantities, object)).toEqual([
      'spec.ttspec.storageSize "250GB" is not a quantity; use for example 250Gi',
      "spec.ttspec.logStorageSize must be greater than zero",
      'spec.ttspec.databaseMemorySize "40 gigs" is not a quantity; use for example 2Gi',
      "spec.ttspec.databaseCPURequest must be greater than zero",
    ]);
    expect(say(checkQuantities, sample())).toEqual([]);
  });
});

describe("the template", () => {
  it.each<[unknown, string]>([
    ["none", "spec.template must be an object"],
    [{ metadata: [] }, "spec.template.metadata must be an object"],
    [{ metadata: { labels: { version: 1 } } }, "spec.template.metadata.labels.version must be a string"],
    [{ spec: { containers: "none" } }, "spec.template.spec.containers must be a list"],
    [{ spec: { containers: {} } }, "spec.template.spec.containers must be a list"],
    [{ spec: { initContainers: ["a"] } }, "spec.template.spec.initContainers[0] must be an object"],
    [{ spec: { volumes: [null] } }, "spec.template.spec.volumes[0] must be an object"],
    [{ spec: { affinity: [] } }, "spec.template.spec.affinity must be an object"],
  ])("cannot be %j", (template, fault) => {
    expect(say(checkTemplateShape, raw({ template }))).toEqual([fault]);
  });

  it.each([
    null,
    {},
    { metadata: null, spec: null },
    { spec: { containers: null, volumes: [{ name: "a" }] } },
  ])("may be %j", template => {
    expect(say(checkTemplateShape, raw({ template }))).toEqual([]);
  });
});

describe("the verdict", () => {
  const faults = { image: checkImage, storageClassName: checkStorageClassName };
  const checks = { faults, doubts: { imageTag: doubtImageTag } };
  const bad = { image: "", storageClassName: "" };

  it("lists all faults with their paths in one denial", () => {
    expect(validate(checks, sample(bad), null).denial).toBe(
      "2 faults: spec.ttspec.image is required; spec.ttspec.storageClassName is required",
    );
  });

  it("says one fault as one sentence", () => {
    expect(describeFaults([{ path: "spec.ttspec", message: "is required" }])).toBe("spec.ttspec is required");
  });

  it("admits what has none", () => {
    expect(validate(checks, sample(), null).denial).toBeNull();
  });

  it("lets an object go that is being deleted", () => {
    const object = sample(bad);
    object.metadata.deletionTimestamp = "2021-04-11T13:58:09Z";
    expect(validate(checks, object, sample()).denial).toBeNull();
  });

  it("admits a change beside the spec of an object that is invalid already", () => {
    const old = sample(bad);
    const changed = sample(bad);
    changed.metadata.labels = { a: "b" };
    expect(validate(checks, changed, old).denial).toBeNull();
    changed.spec.ttspec.imagePullPolicy = "Never";
    expect(validate(checks, changed, old).denial).not.toBeNull();
  });

  it("denies clearly when a check fails itself", () => {
    const broken = {
      broken: () => {
        throw new Error("oops");
      },
    };
    expect(validate({ faults: broken, doubts: {} }, sample(), null).denial).toBe(
      'internal error of the operator in its check "broken": oops',
    );
  });

  it("says nothing about doubts while the spec stays as it is, and warns beside a denial", () => {
    const doubtful = sample({ image: "r/tt" });
    const labelled = sample({ image: "r/tt" });
    labelled.metadata.labels = { a: "b" };
    expect(validate(checks, labelled, doubtful).warnings).toEqual([]);
    const { denial, warnings } = validate(checks, sample({ image: "r/tt", storageClassName: "" }), null);
    expect(denial).toBe("spec.ttspec.storageClassName is required");
    expect(warnings).toEqual([expect.stringContaining("spec.ttspec.image has no tag")]);
  });

  it("refuses what a change beside the spec brings, and only that", () => {
    const withLabels = { faults: { ...faults, labels: checkLabels }, doubts: {} };
    const old = sample(bad);
    const changed = sample(bad);
    changed.metadata.labels = { app: "x" };
    expect(validate(withLabels, changed, old).denial).toBe(
      "metadata.labels.app is reserved for the operator",
    );
    const without = sample(bad);
    without.metadata.finalizers = [];
    expect(
      validate(withLabels, without, { ...changed, metadata: { ...changed.metadata, finalizers: ["x"] } })
        .denial,
    ).toBeNull();
  });

  it("treats an explicit null as an absent field", () => {
    const object = sample({ storageSize: null as unknown as string, repPort: null as unknown as number });
    expect(validate({ faults: allChecks, doubts: allDoubts }, object, null)).toMatchObject({
      denial: null,
      warnings: [],
    });
  });

  it("warns of a doubt that cannot be thought to its end by saying nothing", () => {
    const broken = {
      faults: {},
      doubts: {
        broken: () => {
          throw new Error("oops");
        },
      },
    };
    expect(validate(broken, sample(), null)).toEqual({ denial: null, faults: [], warnings: [] });
  });

  it("gives no more and no longer warnings than the API server passes on", () => {
    const many = {
      faults: {},
      doubts: { many: () => Array.from({ length: 40 }, () => ({ path: "p", message: "m".repeat(400) })) },
    };
    const { warnings } = validate(many, sample(), null);
    expect(warnings).toHaveLength(16);
    expect(Math.max(...warnings.map(text => text.length))).toBeLessThanOrEqual(250);
  });
});

describe("a template of any shape", () => {
  it.each([
    [1],
    ["x"],
    [[]],
    [{ spec: null }],
    [{ spec: { containers: "x", volumes: { a: 1 } } }],
    [{ spec: { containers: [null, 1, { name: 5 }] } }],
  ])("%p makes no check throw", template => {
    const { denial } = validate(
      { faults: allChecks, doubts: allDoubts },
      sample({}, { template: template as never }),
      null,
    );
    expect(denial ?? "").not.toContain("internal error");
  });
});

describe("the fields of the Pods", () => {
  it("are those of which the schema says so", () => {
    const ttspec = storedSchema().properties?.["spec"]?.properties?.["ttspec"]?.properties ?? {};
    const said = Object.entries(ttspec).filter(([, { description = "" }]) =>
      description.endsWith(" Change next Pod."),
    );
    expect(said.map(([name]) => name).sort()).toEqual([...FIELDS_OF_PODS].sort());
  });
});
