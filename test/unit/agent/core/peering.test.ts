import { Peering, type PeeringView } from "../../../../agent/core/peering";
import type { PeerHandlers, PeerLink, PeerPort } from "../../../../agent/ports";
import {
  noPeer,
  timingFor,
  unknownView,
  type PeerAnswer,
  type PeerDigest,
  type PeerRequest,
  type PermissionRecord,
  type Permit,
} from "../../../../protocol";
import { ManualClock } from "../support/clock";
import { nothingPermitted } from "../../../support/permission";

const pair: PermissionRecord = {
  objectUID: "object",
  n: 5,
  mode: "Pair",
  writer: { podUID: "pod-w", boot: "boot-w" },
  standby: "pod-s",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};

function digest(podUID: string, change: Partial<PeerDigest["permission"]> = {}): PeerDigest {
  const { daemon, db, open, repState, repAgent, dbId, usingTwosafe } = unknownView;
  return {
    podName: podUID,
    podUID,
    boot: podUID.replace("pod", "boot"),
    endedBoots: [],
    timesten: { daemon, db, open, repState, repAgent, dbId, usingTwosafe },
    permission: { ...nothingPermitted, obeyedN: 5, ...change },
    stopping: false,
  };
}

function bed(podUID: "pod-w" | "pod-s", view: Partial<PeeringView>) {
  const clock = new ManualClock();
  const sent: PeerRequest[] = [];
  const grants: Permit[] = [];
  const solos: number[] = [];
  let handlers: PeerHandlers | null = null;
  let up = true;
  const peer: PeerPort = {
    start: given => {
      handlers = given;
    },
    send: message => {
      if (up) sent.push(message);
      return up;
    },
    stop: () => undefined,
  };
  let ids = 0;
  const state: PeeringView = {
    record: pair,
    boot: podUID.replace("pod", "boot"),
    soloed: 0,
    left: 0,
    asks: podUID === "pod-w",
    permitN: 0,
    ...view,
  };
  const peering = new Peering({
    clock,
    peer,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    self: { podUID, objectUID: "object" },
    newId: () => `id-${++ids}`,
    view: () => state,
    digest: () => digest(podUID),
    onGrant: permit => grants.push(permit),
    onSolo: n => solos.push(n),
    onChange: () => undefined,
  });
  if (state.record !== null) peering.obey(state.record);
  peering.start();
  const given = handlers as PeerHandlers | null;
  if (given === null) throw new Error("not started");
  return {
    clock,
    peering,
    sent,
    grants,
    solos,
    state,
    handlers: given,
    link: (up_: boolean) => {
      up = up_;
    },
    requests: () => sent.filter(one => one.type === "request"),
  };
}

function linkOf(): { link: PeerLink; answers: PeerAnswer[] } {
  const answers: PeerAnswer[] = [];
  return { answers, link: { send: message => answers.push(message), close: () => undefined } };
}

const request = (change: Partial<PeerRequest & { type: "request" }> = {}): PeerRequest => ({
  type: "request",
  n: 5,
  boot: "boot-w",
  id: "x",
  leaseMs: 6_000,
  guardMs: 1_000,
  clocks: { monotonicMs: 0, boottimeMs: 0 },
  ...change,
});

const clocks = { monotonicMs: 0, boottimeMs: 0 };

describe("the writer of a Pair", () => {
  it("asks as soon as it can and then with every heartbeat", () => {
    const b = bed("pod-w", {});
    b.handlers.onOpen();
    expect(b.requests()).toHaveLength(1);
    b.clock.advance(2_000);
    expect(b.requests()).toHaveLength(5);
  });

  it("counts a grant from the moment it asked, however long the answer took", () => {
    const b = bed("pod-w", {});
    b.handlers.onOpen();
    b.clock.advance(400);
    b.handlers.onMessage({ type: "grant", n: 5, boot: "boot-w", id: "id-1", clocks });
    expect(b.grants).toEqual([
      { boot: "boot-w", n: 5, until: { monotonicMs: 6_000, boottimeMs: 6_000 }, closingMs: 500 },
    ]);
  });

  it.each([
    ["it never asked for", { id: "unknown" }],
    ["of another number", { n: 4 }],
    ["for another life of the database", { boot: "boot-x" }],
  ])("drops a grant %s", (_, change) => {
    const b = bed("pod-w", {});
    b.handlers.onOpen();
    b.handlers.onMessage({ type: "grant", n: 5, boot: "boot-w", id: "id-1", clocks, ...change });
    expect(b.grants).toEqual([]);
  });

  it("takes each grant once, and none that was asked for under an earlier record", () => {
    const b = bed("pod-w", {});
    b.handlers.onOpen();
    const grant: PeerAnswer = { type: "grant", n: 5, boot: "boot-w", id: "id-1", clocks };
    b.handlers.onMessage(grant);
    b.handlers.onMessage(grant);
    expect(b.grants).toHaveLength(1);
    b.clock.advance(500);
    const next = { ...pair, n: 7 };
    b.state.record = next;
    b.peering.obey(next);
    b.handlers.onMessage({ ...grant, id: "id-2" });
    expect(b.grants).toHaveLength(1);
  });

  it("asks again at once when the other agent comes to know the record", () => {
    const b = bed("pod-w", {});
    b.handlers.onOpen();
    b.handlers.onMessage({ type: "digest", digest: digest("pod-s", { obeyedN: 4 }) });
    expect(b.requests()).toHaveLength(1);
    b.handlers.onMessage({ type: "digest", digest: digest("pod-s", { obeyedN: 5 }) });
    expect(b.requests()).toHaveLength(2);
  });

  it("does not ask when it has nothing to ask for", () => {
    const b = bed("pod-w", { asks: false });
    b.handlers.onOpen();
    b.clock.advance(5_000);
    expect(b.requests()).toEqual([]);
  });

  it("hears that its standby left only for this very Pair and life, and says so once it is on its disk", () => {
    const b = bed("pod-w", {});
    const { link, answers } = linkOf();
    b.peering.onPeerConnect(link);
    b.peering.onPeerMessage(link, { type: "solo", n: 4, boot: "boot-w" });
    b.peering.onPeerMessage(link, { type: "solo", n: 5, boot: "boot-x" });
    expect(b.solos).toEqual([]);
    b.peering.onPeerMessage(link, { type: "solo", n: 5, boot: "boot-w" });
    expect(b.solos).toEqual([5]);
    b.peering.poke(true);
    expect(answers.filter(one => one.type === "soloTaken")).toEqual([]);
    b.state.soloed = 5;
    b.peering.poke(true);
    expect(answers).toContainEqual({ type: "soloTaken", n: 5, boot: "boot-w" });
  });
});

describe("the standby of a Pair", () => {
  it("answers a request, and refuses with a reason what it cannot grant", () => {
    const b = bed("pod-s", {});
    const { link, answers } = linkOf();
    b.peering.onPeerMessage(link, request());
    b.peering.onPeerMessage(link, request({ id: "y", n: 4 }));
    expect(answers[0]).toMatchObject({ type: "grant", n: 5, boot: "boot-w", id: "x" });
    expect(answers[1]).toMatchObject({ type: "no", id: "y", reason: "record 5 is obeyed here" });
  });

  it("says that waiting is over W after its last grant, and takes it back with the next one", () => {
    const b = bed("pod-s", {});
    const { link } = linkOf();
    const { waitMs } = timingFor(6_000);
    b.clock.advance(1_000);
    b.peering.onPeerMessage(link, request());
    b.clock.advance(waitMs - 1);
    expect(b.peering.waitedFor()).toBe(0);
    b.clock.advance(1);
    expect(b.peering.waitedFor()).toBe(5);
    b.peering.onPeerMessage(link, request({ id: "z" }));
    expect(b.peering.waitedFor()).toBe(0);
  });

  it("goes on waiting in the record that promotes it, and grants nothing any more", () => {
    const b = bed("pod-s", {});
    const { link, answers } = linkOf();
    b.peering.onPeerMessage(link, request());
    const promotion = { ...pair, n: 6, mode: "Solo" as const, standby: null, from: 5 };
    b.state.record = { ...promotion, writer: { podUID: "pod-s", boot: "boot-s" } };
    b.peering.obey(b.state.record);
    b.peering.onPeerMessage(link, request({ id: "late" }));
    expect(answers.at(-1)).toMatchObject({ type: "no", id: "late" });
    b.clock.advance(timingFor(6_000).waitMs);
    expect(b.peering.waitedFor()).toBe(5);
  });

  it("never says so of a Pair that it left", () => {
    const b = bed("pod-s", { left: 5 });
    b.clock.advance(100_000);
    expect(b.peering.waitedFor()).toBe(0);
  });

  it("tells its writer that it leaves until it is answered, also over a new session", async () => {
    const b = bed("pod-s", {});
    b.link(false);
    let taken = false;
    void b.peering.leave(5, "boot-w").then(() => {
      taken = true;
    });
    b.link(true);
    b.handlers.onOpen();
    expect(b.sent).toContainEqual({ type: "solo", n: 5, boot: "boot-w" });
    b.handlers.onMessage({ type: "soloTaken", n: 4, boot: "boot-w" });
    await Promise.resolve();
    expect(taken).toBe(false);
    b.handlers.onMessage({ type: "soloTaken", n: 5, boot: "boot-w" });
    await Promise.resolve();
    expect(taken).toBe(true);
    const { link, answers } = linkOf();
    b.peering.onPeerMessage(link, request());
    expect(answers[0]).toMatchObject({ type: "no" });
  });

  it("passes on what the other agent and its witness say of lives that cannot write", () => {
    const b = bed("pod-s", {});
    expect(b.peering.peer()).toEqual(noPeer);
    b.handlers.onWitness({ podUID: "pod-w", boot: "boot-w", endedAtMs: 7 });
    b.handlers.onMessage({
      type: "digest",
      digest: {
        ...digest("pod-w", { obeyedN: 6, closed: true }),
        endedBoots: [
          { boot: "boot-v", endedAtMs: 1, how: "daemon died", podUID: "pod-w" },
          { boot: "boot-u", endedAtMs: 1, how: "container restarted", podUID: "pod-v" },
        ],
      },
    });
    const proofs = b.peering.proofs(5).map(({ kind, podUID, boot }) => `${kind} ${podUID}/${boot}`);
    expect(proofs).toEqual(["over pod-w/boot-w", "over pod-w/boot-v", "fenced pod-w/boot-w"]);
    expect(b.peering.proofs(6).map(({ kind }) => kind)).not.toContain("fenced");
    expect(b.peering.peer().witnessed).toEqual([{ podUID: "pod-w", boot: "boot-w", endedAtMs: 7 }]);
  });
});
