import {
  buildRecordLease,
  parseRecordLease,
  RECORD_ANNOTATION,
  type Lease,
} from "../../../capabilities/objects";
import type { PermissionRecord } from "../../../protocol";
import { sample } from "./sample";

const uid = sample().metadata.uid ?? "";
const record: PermissionRecord = {
  objectUID: uid,
  n: 7,
  mode: "Pair",
  writer: { podUID: "pod-uid", boot: "b00t" },
  standby: "other-uid",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};
const lease = buildRecordLease(sample(), record, "sample-0");
const withRecord = (text: string): Lease => ({
  ...lease,
  metadata: { ...lease.metadata, annotations: { [RECORD_ANNOTATION]: text } },
});

describe("the record's Lease", () => {
  it("shows the writer as its holder and the number as its transitions", () => {
    expect(lease.metadata.name).toBe("sample");
    expect(lease.spec).toEqual({ holderIdentity: "sample-0/b00t", leaseTransitions: 7 });
  });

  it("gives the record back", () => {
    expect(parseRecordLease(lease, uid)).toEqual({ record });
  });

  it("names the version it replaces", () => {
    expect(lease.metadata).not.toHaveProperty("resourceVersion");
    expect(buildRecordLease(sample(), record, "sample-0", "42").metadata.resourceVersion).toBe("42");
  });

  it("never takes the record of another object", () => {
    expect(() => buildRecordLease(sample(), { ...record, objectUID: "x" }, "sample-0")).toThrow("is not of");
    expect(parseRecordLease(lease, "x")).toEqual({
      fault: "the record in Lease sample is of another object",
    });
  });

  it.each([
    ["no annotation", { ...lease, metadata: { name: "sample" } }, "has no annotation"],
    ["no JSON", withRecord("{"), "is no JSON"],
    [
      "a missing field",
      withRecord(JSON.stringify({ ...record, ready: undefined })),
      'does not fit at "ready"',
    ],
    [
      "a mode nobody knows",
      withRecord(JSON.stringify({ ...record, mode: "Both" })),
      'does not fit at "mode"',
    ],
    ["an edited number", withRecord(JSON.stringify({ ...record, n: 8 })), "says number 7, its record 8"],
  ])("is refused with %s", (_, broken: Lease, words) => {
    expect(parseRecordLease(broken, uid)).toEqual({ fault: expect.stringContaining(words) as string });
  });
});
