import {
  buildEvent,
  parseQuantity,
  repCreateStatement,
  type EventContent,
} from "../../../capabilities/objects";
import { sample, settings } from "./sample";

describe("the replication statement", () => {
  it("is the documents' own for their sample", () => {
    expect(repCreateStatement(sample(), settings)).toBe(
      'create active standby pair "sample" on "sample-0.sample.mynamespace.svc.cluster.local", "sample" on ' +
        '"sample-1.sample.mynamespace.svc.cluster.local" NO RETURN store "sample" on ' +
        '"sample-0.sample.mynamespace.svc.cluster.local" PORT 4444 FAILTHRESHOLD 0 store "sample" on ' +
        '"sample-1.sample.mynamespace.svc.cluster.local" PORT 4444 FAILTHRESHOLD 0',
    );
  });

  it("has the user's return service, port and store attributes", () => {
    expect(repCreateStatement(sample({ repReturnServiceAttribute: "RETURN TWOSAFE" }), settings)).toContain(
      'svc.cluster.local" RETURN TWOSAFE store "sample"',
    );
    expect(repCreateStatement(sample({ repPort: 5000 }), settings)).toContain("PORT 5000 FAILTHRESHOLD 0");
    const own = repCreateStatement(sample({ repStoreAttribute: "PORT 4444 TIMEOUT 60" }), settings);
    expect(own.match(/PORT 4444 TIMEOUT 60/g)).toHaveLength(2);
    expect(own).not.toContain("FAILTHRESHOLD");
  });

  it("is the user's own with its variables filled in", () => {
    const statement =
      'create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "{{tt-node-1}}" ' +
      "PORT {{tt-rep-port}} {{tt-agent-user}} {{tt-conflict-report-dir}} {{tt-node-2}}";
    expect(repCreateStatement(sample({ repCreateStatement: statement }), settings)).toBe(
      'create active standby pair "sample" on "sample-0.sample.mynamespace.svc.cluster.local", "sample" on ' +
        '"sample-1.sample.mynamespace.svc.cluster.local" PORT 4444 ttagent /tt/home/oracle/conflict {{tt-node-2}}',
    );
  });

  it("does not exist for independent databases", () => {
    expect(repCreateStatement(sample({ replicationTopology: "none" }), settings)).toBe("");
  });
});

describe("an Event", () => {
  const content: EventContent = {
    type: "Normal",
    reason: "StateChange",
    message: "TimesTenClassic was Normal, now ActiveDown",
    sequence: 42,
    atMs: Date.UTC(2021, 3, 13, 19, 15, 54, 321),
    reporter: "operator-0",
  };
  const name = (changes: Partial<EventContent> = {}) =>
    buildEvent(sample(), { ...content, ...changes }).metadata.name;

  it("is about the object and comes from ttclassic", () => {
    expect(buildEvent(sample(), content)).toMatchObject({
      metadata: { namespace: "mynamespace" },
      involvedObject: {
        apiVersion: "timesten.oracle.com/v1",
        kind: "TimesTenClassic",
        name: "sample",
        namespace: "mynamespace",
        uid: sample().metadata.uid,
      },
      type: "Normal",
      source: { component: "ttclassic" },
      reportingComponent: "ttclassic",
      firstTimestamp: "2021-04-13T19:15:54Z",
      lastTimestamp: "2021-04-13T19:15:54Z",
      count: 1,
    });
  });

  it("has the same name when it is written once more, and another for another fact", () => {
    expect(name()).toBe(name({ atMs: 0 }));
    expect(name()).not.toBe(name({ sequence: 43 }));
    expect(name()).not.toBe(name({ message: "other" }));
    expect(name()).toMatch(/^sample\.f2a16dff\.000042\.[0-9a-f]{8}$/);
  });

  it("cuts a message that the API would refuse", () => {
    expect(buildEvent(sample(), { ...content, message: "x".repeat(5000) }).message).toHaveLength(1022);
  });
});

describe("a quantity", () => {
  it.each([
    ["250G", 250e9],
    ["50Gi", 50 * 2 ** 30],
    ["100m", 0.1],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["2e3", 2000],
    ["5", 5],
    [".5", 0.5],
    ["-1Gi", -(2 ** 30)],
  ])("reads %s", (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 6);
  });

  it.each(["", "lots", "250GB", "1 Gi", "Gi", "1Gib", "--1", "1e", "0x10"])("refuses %p", text => {
    expect(parseQuantity(text)).toBeNull();
  });
});
