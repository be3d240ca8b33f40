import { PeprMutateRequest, PeprValidateRequest, type Capability } from "pepr";
import { addedDefaults } from "../../../capabilities/mutators/default";
import { defaults, mutators } from "../../../capabilities/mutators";
import { validators } from "../../../capabilities/validators";
import { withoutPeprMark } from "../../../capabilities/admission/peprMark";
import type { TimesTenClassic } from "../../../generated/kinds";
import type { TimesTenClassicObject } from "../../../generated/types";
import { sample } from "../objects/sample";

type Input = ConstructorParameters<typeof PeprMutateRequest<TimesTenClassic>>[0];

/** What the API server would send. */
function admission(object: TimesTenClassicObject, oldObject?: TimesTenClassicObject): Input {
  const kind = { group: "timesten.oracle.com", version: "v1", kind: "TimesTenClassic" };
  return {
    uid: "request",
    kind,
    resource: { group: kind.group, version: "v1", resource: "timestenclassics" },
    name: object.metadata.name,
    namespace: "mynamespace",
    operation: oldObject === undefined ? "CREATE" : "UPDATE",
    userInfo: {},
    object,
    oldObject,
  } as unknown as Input;
}

/** The only binding of a capability. */
function bindingOf(capability: Capability) {
  const [binding] = capability.bindings;
  if (binding === undefined || capability.bindings.length !== 1) throw new Error("expected one binding");
  return binding;
}

async function mutated(object: TimesTenClassicObject): Promise<TimesTenClassicObject> {
  const request = new PeprMutateRequest(admission(object));
  await bindingOf(mutators).mutateCallback?.(request as never);
  return request.Raw as unknown as TimesTenClassicObject;
}

async function validated(object: TimesTenClassicObject, old?: TimesTenClassicObject) {
  const request = new PeprValidateRequest(admission(object, old));
  const answer = await bindingOf(validators).validateCallback?.(request as never);
  if (answer === undefined) throw new Error("no validation");
  return answer;
}

function withoutStrategy(): TimesTenClassicObject {
  const object = sample();
  delete object.spec.ttspec.imageUpgradeStrategy;
  return object;
}

describe("the mutating webhook", () => {
  it("is asked for creations and updates of TimesTenClassic objects", () => {
    expect(bindingOf(mutators)).toMatchObject({
      isMutate: true,
      event: "CREATEORUPDATE",
      kind: {
        group: "timesten.oracle.com",
        version: "v1",
        kind: "TimesTenClassic",
        plural: "timestenclassics",
      },
    });
  });

  it("writes automatic upgrades into an object that says nothing, and nothing else", async () => {
    expect(await mutated(withoutStrategy())).toEqual(sample());
  });

  it.each(["auto", "manual", "Auto", "Manual"] as const)(
    "leaves %s as the user wrote it",
    async imageUpgradeStrategy => {
      const object = sample({ imageUpgradeStrategy });
      expect(await mutated(object)).toEqual(object);
    },
  );

  it("leaves an object alone that is being deleted or has no ttspec", async () => {
    const deleted = withoutStrategy();
    deleted.metadata.deletionTimestamp = "2021-04-11T13:58:09Z";
    expect(await mutated(deleted)).toEqual(deleted);
    const empty = { ...sample(), spec: null as unknown as TimesTenClassicObject["spec"] };
    expect(await mutated(empty)).toEqual(empty);
  });

  it("adds nothing once its defaults are there", () => {
    expect(addedDefaults(defaults, { ...addedDefaults(defaults, {}) })).toEqual({});
  });
});

describe("the validating webhook", () => {
  it("is asked for creations and updates of TimesTenClassic objects", () => {
    expect(bindingOf(validators)).toMatchObject({ isValidate: true, event: "CREATEORUPDATE" });
  });

  it("admits the documents' sample", async () => {
    expect(await validated(sample())).toMatchObject({ allowed: true });
  });

  it("refuses with every fault of the object", async () => {
    const object = sample({ image: "A", storageClassName: "", storageSize: "x" });
    object.metadata.name = "Bad";
    const answer = await validated(object);
    expect(answer.allowed).toBe(false);
    expect(answer.statusMessage).toMatch(
      /^4 faults: metadata\.name .*; spec\.ttspec\.image .*; spec\.ttspec\.storageClassName .*; spec\.ttspec\.storageSize /,
    );
  });

  it("looks at the old object in an update", async () => {
    const answer = await validated(sample({ image: "" }), sample());
    expect(answer.statusMessage).toBe("spec.ttspec.image cannot be removed");
  });
});

describe("Pepr's mark", () => {
  const encode = (operations: unknown[]) => Buffer.from(JSON.stringify(operations)).toString("base64");
  const decode = (patch: string | undefined) =>
    patch === undefined ? undefined : (JSON.parse(Buffer.from(patch, "base64").toString()) as unknown);
  const strategy = { op: "add", path: "/spec/ttspec/imageUpgradeStrategy", value: "auto" };

  it("is taken out of the patch, beside annotations or with them", () => {
    const mark = {
      op: "add",
      path: "/metadata/annotations/timesten-operator.pepr.dev~1mutators",
      value: "succeeded",
    };
    expect(decode(withoutPeprMark(encode([mark, strategy])))).toEqual([strategy]);
    const first = {
      op: "add",
      path: "/metadata/annotations",
      value: { "timesten-operator.pepr.dev/mutators": "succeeded" },
    };
    expect(decode(withoutPeprMark(encode([first, strategy])))).toEqual([strategy]);
  });

  it("leaves no patch when there was nothing else", () => {
    const first = {
      op: "add",
      path: "/metadata/annotations",
      value: { "timesten-operator.pepr.dev/mutators": "succeeded" },
    };
    expect(withoutPeprMark(encode([first]))).toBeUndefined();
  });

  it("is not confused with other annotations", () => {
    const other = {
      op: "add",
      path: "/metadata/annotations",
      value: { "example.com/pepr.dev": "x", "timesten-operator.pepr.dev/mutators": "succeeded" },
    };
    expect(decode(withoutPeprMark(encode([other])))).toEqual([
      { ...other, value: { "example.com/pepr.dev": "x" } },
    ]);
  });
});
