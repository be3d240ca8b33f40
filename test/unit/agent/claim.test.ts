/** A writer that claims to go on alone: when it does, and what it writes. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { leaseClaim, type ClaimPort } from "../../../agent/claim";
import { Claiming } from "../../../agent/claiming";
import type { AgentSessions, OperatorLink } from "../../../agent/ports";
import {
  noEvidence,
  type AgentState,
  type OperatorMessage,
  type PermissionRecord,
  type Writer,
} from "../../../protocol";
import { agentState } from "../../support/scripted-agents";
import { makeAuthority } from "./support/certificates";
import { ManualClock } from "./support/clock";
import { keepingLog, put, temporaryFolder } from "./support/files";

const writer: Writer = { podUID: "pod-a", boot: "b1" };
const pair: PermissionRecord = {
  objectUID: "object",
  n: 7,
  mode: "Pair",
  writer,
  standby: "pod-b",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};
const solo: PermissionRecord = { ...pair, n: 8, mode: "Solo", standby: null, alt: 7, ready: false };

describe("the record in the writer's own hand", () => {
  const folder = temporaryFolder();
  const authority = makeAuthority("cluster");
  const requests: { method: string; url: string; token: string; body: string }[] = [];
  let lease: { metadata: object; spec: object };
  let putStatus = 200;
  let server: Server;
  let claim: ClaimPort;
  let log = keepingLog();

  beforeAll(async () => {
    put(join(folder.path, "ca.crt"), authority.pem);
    server = createServer(authority.issue({ cn: "api", dns: "localhost" }), (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString("utf8");
      });
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        requests.push({ method, url, token: headers.authorization ?? "", body });
        response.writeHead(method === "PUT" ? putStatus : 200);
        response.end(JSON.stringify(lease));
      });
    });
    await new Promise<void>(resolve => server.listen(0, "localhost", resolve));
  });
  afterAll(() => {
    server.close();
    folder.remove();
  });
  beforeEach(() => {
    requests.length = 0;
    putStatus = 200;
    put(join(folder.path, "token"), "secret-1\n");
    log = keepingLog();
    claim = leaseClaim({
      host: "localhost",
      port: (server.address() as AddressInfo).port,
      folder: folder.path,
      namespace: "ns",
      lease: "sample",
      objectUID: "object",
      log,
    });
  });

  function putRecord(record: PermissionRecord, transitions = record.n): void {
    lease = {
      metadata: {
        name: "sample",
        resourceVersion: "42",
        annotations: {
          "timesten.oracle.com/record": JSON.stringify(record),
          "timesten.oracle.com/record-notes": "kept",
        },
      },
      spec: { holderIdentity: "sample-0/b1", leaseTransitions: transitions },
    };
  }

  it("becomes the writer's Solo, with the version it was read at and all else as it was", async () => {
    putRecord(pair);
    await expect(claim.claimSolo(7, writer)).resolves.toEqual(solo);
    expect(requests.map(({ method, url, token }) => ({ method, url, token }))).toEqual(
      ["GET", "PUT"].map(method => ({
        method,
        url: "/apis/coordination.k8s.io/v1/namespaces/ns/leases/sample",
        token: "Bearer secret-1",
      })),
    );
    const written = JSON.parse(requests[1]?.body ?? "") as {
      metadata: { annotations: Record<string, string>; resourceVersion: string };
    };
    expect(written).toMatchObject({
      metadata: { resourceVersion: "42", annotations: { "timesten.oracle.com/record-notes": "kept" } },
      spec: { holderIdentity: "sample-0/b1", leaseTransitions: 8 },
    });
    expect(JSON.parse(written.metadata.annotations["timesten.oracle.com/record"] ?? "")).toEqual(solo);
  });

  it("says of a Pair that was not ready that nobody else may be promoted from it", async () => {
    putRecord({ ...pair, ready: false });
    await expect(claim.claimSolo(7, writer)).resolves.toMatchObject({ mode: "Solo", alt: 0 });
  });

  it("is taken as it is when an earlier attempt was heard after all", async () => {
    putRecord(solo);
    await expect(claim.claimSolo(7, writer)).resolves.toEqual(solo);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, PermissionRecord, number]>([
    ["another number is in force", { ...pair, n: 9 }, 9],
    ["it is Closed", { ...pair, mode: "Closed", n: 8 }, 8],
    ["it names another life", { ...pair, writer: { ...writer, boot: "b2" } }, 7],
    ["the other was promoted", { ...solo, writer: { podUID: "pod-b", boot: "b9" } }, 8],
    ["it is another object's", { ...pair, objectUID: "other" }, 7],
    ["somebody edited it by hand", pair, 6],
  ])("is not touched when %s", async (_, record, transitions) => {
    putRecord(record, transitions);
    await expect(claim.claimSolo(7, writer)).resolves.toBeNull();
    expect(requests.map(one => one.method)).toEqual(["GET"]);
  });

  it("is not the writer's when somebody wrote meanwhile, or nothing is understood", async () => {
    putRecord(pair);
    putStatus = 409;
    await expect(claim.claimSolo(7, writer)).resolves.toBeNull();
    expect(log.lines.join()).toContain("HTTP 409");
    lease = { metadata: {}, spec: {} };
    await expect(claim.claimSolo(7, writer)).resolves.toBeNull();
    expect(log.lines.join()).not.toContain("secret-1");
  });

  it("is asked for with the token that is there now", async () => {
    putRecord({ ...pair, n: 9 });
    await claim.claimSolo(7, writer);
    put(join(folder.path, "token"), "secret-2");
    await claim.claimSolo(7, writer);
    expect(requests.map(one => one.token)).toEqual(["Bearer secret-1", "Bearer secret-2"]);
    expect(readFileSync(join(folder.path, "token"), "utf8")).toBe("secret-2");
  });
});

describe("a writer claims", () => {
  const base = agentState("pod-a", 1);
  const alone: AgentState = {
    ...base,
    boot: "b1",
    timesten: { ...base.timesten, repState: "ACTIVE" },
    permission: { ...base.permission, obeyedN: 7, soloed: 5, mode: "finite" },
  };
  const link: OperatorLink = { send: () => undefined, close: () => undefined };

  function setUp(state: AgentState) {
    const clock = new ManualClock();
    const claimed: number[] = [];
    const heard: OperatorMessage[] = [];
    const now = { state, answer: null as PermissionRecord | null };
    const sessions: AgentSessions = {
      onConnect: () => undefined,
      onDisconnect: () => undefined,
      onMessage: (_, message) => void heard.push(message),
      state: () => now.state,
    };
    const claiming = new Claiming({
      clock,
      log: keepingLog(),
      sessions,
      claim: {
        claimSolo: async n => {
          claimed.push(n);
          return now.answer;
        },
      },
    });
    return { clock, claimed, heard, now, claiming };
  }

  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };

  it("when its standby is silent and no operator was there for a second, and tells its own core", async () => {
    const { clock, claimed, heard, now } = setUp(alone);
    now.answer = solo;
    clock.advance(1_200);
    expect(claimed).toEqual([]);
    clock.advance(100);
    await settle();
    expect(claimed).toEqual([7]);
    expect(heard).toEqual([{ type: "record", record: solo, evidence: noEvidence }]);
  });

  it("again every second while nothing comes of it", async () => {
    const { clock, claimed } = setUp(alone);
    for (let i = 0; i < 4; i++) {
      clock.advance(1_250);
      await settle();
    }
    expect(claimed.length).toBeGreaterThanOrEqual(3);
  });

  it.each<[string, AgentState]>([
    ["its standby is connected", { ...alone, peer: { ...alone.peer, connected: true } }],
    ["it goes on alone already", { ...alone, permission: { ...alone.permission, mode: "endless" } }],
    ["its standby left, which it took", { ...alone, permission: { ...alone.permission, soloed: 7 } }],
    ["it is the standby", { ...alone, timesten: { ...alone.timesten, repState: "STANDBY" } }],
    ["it has no database", { ...alone, boot: null }],
    ["it ends", { ...alone, stopping: true }],
  ])("never while %s", async (_, state) => {
    const { clock, claimed } = setUp(state);
    clock.advance(20_000);
    await settle();
    expect(claimed).toEqual([]);
  });

  it("although a spare operator is connected: it listens and does nothing yet", async () => {
    const { clock, claimed, claiming } = setUp(alone);
    claiming.onConnect(link);
    claiming.onMessage(link, { type: "ping", t: 1 });
    clock.advance(1_500);
    await settle();
    expect(claimed).toEqual([7]);
  });

  it("never while an operator that acts is connected, and only a second after the last one left", async () => {
    const { clock, claimed, claiming } = setUp(alone);
    claiming.onConnect(link);
    claiming.onMessage(link, { type: "record", record: solo, evidence: noEvidence });
    clock.advance(20_000);
    claiming.onDisconnect(link);
    clock.advance(1_000);
    await settle();
    expect(claimed).toEqual([]);
    clock.advance(500);
    await settle();
    expect(claimed).toEqual([7]);
  });
});
