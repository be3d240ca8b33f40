import { isPrefix, newControl, type Control } from "../../../simulator/engine/control";
import {
  admit,
  commitMode,
  findPlaces,
  isThisHost,
  overThreshold,
  promoted,
  survives,
  whyNotActive,
} from "../../../simulator/replication/decide";
import { parseScheme, type Scheme } from "../../../simulator/sql/scheme";
import { Reader, tokenize } from "../../../simulator/sql/tokens";

function scheme(text: string): Scheme {
  const reader = new Reader(tokenize(text));
  reader.expect("CREATE", "ACTIVE", "STANDBY", "PAIR");
  return parseScheme(reader, "APP", text);
}

const pair = scheme(
  'create active standby pair db on "db-0.db.ns.svc", db on "db-1.db.ns.svc" return twosafe',
);
const control = (change: Partial<Control>): Control => ({ ...newControl(), scheme: pair, ...change });

describe("a database finds itself in the scheme", () => {
  it("by its host name or by the full name", () => {
    expect(findPlaces(pair, "db", ["db-1"])?.mine.host).toBe("db-1.db.ns.svc");
    expect(findPlaces(pair, "DB", ["DB-0.DB.ns.svc"])?.peer.host).toBe("db-1.db.ns.svc");
    expect(findPlaces(pair, "db", ["db-2"])).toBeNull();
    expect(findPlaces(pair, "other", ["db-0"])).toBeNull();
  });

  it("but not by the first number of an address", () => expect(isThisHost("127.0.0.2", ["127"])).toBe(false));
});

describe("a history continues another one", () => {
  const history = [
    { term: 1, csn: 0 },
    { term: 2, csn: 10 },
  ];
  it.each([
    [{ term: 2, csn: 12 }, true],
    [{ term: 2, csn: 16 }, false],
    [{ term: 1, csn: 10 }, true],
    [{ term: 1, csn: 11 }, false],
    [{ term: 3, csn: 5 }, false],
  ])("peer at %j: %s", (peer, wanted) => expect(isPrefix(history, { term: 2, csn: 15 }, peer)).toBe(wanted));
});

describe("ttRepStateSet('ACTIVE')", () => {
  const peer = { state: "ACTIVE" as const, position: { term: 1, csn: 5 }, recent: true };
  it("is legal for a new pair, a standby without its active, and a recovered active", () => {
    expect(whyNotActive("IDLE", control({ role: "NEW" }), 0, null)).toBeNull();
    expect(
      whyNotActive("STANDBY", control({ role: "STANDBY", term: 1 }), 5, { ...peer, recent: false }),
    ).toBeNull();
    expect(
      whyNotActive("STANDBY", control({ role: "STANDBY", term: 1 }), 5, { ...peer, state: "IDLE" }),
    ).toBeNull();
    expect(whyNotActive("IDLE", control({ role: "ACTIVE", term: 1 }), 5, null)).toBeNull();
  });

  it("is refused beside a living active, behind a peer that has more, and for copies, failed and catching-up databases", () => {
    expect(whyNotActive("STANDBY", control({ role: "STANDBY", term: 1 }), 5, peer)).toContain("ACTIVE");
    expect(
      whyNotActive("IDLE", control({ role: "ACTIVE", term: 1 }), 4, { ...peer, state: "STANDBY" }),
    ).toContain("later");
    expect(whyNotActive("IDLE", control({ role: "COPY" }), 5, null)).toContain("copy");
    expect(whyNotActive("FAILED", control({ role: "FAILED" }), 5, null)).toContain("FAILED");
    expect(whyNotActive("RECOVERING", control({ role: "COPY" }), 5, null)).toContain("catch-up");
  });

  it("begins a new term where the database stands", () => {
    const next = promoted(
      control({ role: "STANDBY", term: 3, history: [{ term: 3, csn: 4 }], peerState: "failed" }),
      9,
      5,
      1000,
    );
    expect(next).toMatchObject({
      role: "ACTIVE",
      term: 6,
      promotedAtMs: 1000,
      peerState: "start",
      synced: false,
    });
    expect(next.history.at(-1)).toEqual({ term: 6, csn: 9 });
  });

  it("keeps a restarted active waiting for the standby it had", () => {
    expect(promoted(control({ role: "ACTIVE", synced: true, peerState: "start" }), 9, 0, 0).synced).toBe(
      true,
    );
    expect(promoted(control({ role: "ACTIVE", synced: false, peerState: "failed" }), 9, 0, 0)).toMatchObject({
      synced: false,
      peerState: "failed",
    });
  });
});

describe("two actives", () => {
  it("leave the one promoted later", () => {
    const a = { term: 2, promotedAtMs: 5, host: "a" };
    expect(survives(a, { ...a, term: 1 })).toBe(true);
    expect(survives(a, { ...a, promotedAtMs: 6 })).toBe(false);
    expect(survives(a, { ...a, host: "b" }) !== survives({ ...a, host: "b" }, a)).toBe(true);
  });
});

describe("the active admits a peer", () => {
  const ours = control({ role: "ACTIVE", term: 2, history: [{ term: 2, csn: 10 }] });
  const peer = { state: "IDLE" as const, position: { term: 2, csn: 12 } };
  it("that lacks only what is still in the log", () => {
    expect(admit(ours, 15, peer, false, () => true)).toEqual({ ok: true, from: 13 });
    expect(admit(ours, 15, peer, false, () => false)).toMatchObject({ ok: false, tell: true });
  });

  it("but none that holds what we lack", () => {
    expect(admit(ours, 11, peer, false, () => true)).toMatchObject({ ok: false, tell: true });
    expect(admit(ours, 15, { ...peer, position: { term: 1, csn: 12 } }, true, () => true)).toMatchObject({
      ok: false,
    });
  });

  it("nor one that was declared failed, but for the automatic catch-up of RETURN TWOSAFE", () => {
    const failed = { ...ours, peerState: "failed" as const };
    expect(admit(failed, 15, peer, false, () => true)).toMatchObject({ ok: false, tell: true });
    expect(admit(failed, 15, peer, true, () => true)).toEqual({ ok: true, from: 13 });
  });
});

describe("commits wait", () => {
  const mine = pair.masters[0];
  const synced = control({ synced: true });
  it("from the moment the standby is in sync until it is declared failed", () => {
    expect(commitMode(control({}), "ACTIVE", true, false, mine)).toBe("none");
    expect(commitMode(synced, "ACTIVE", true, false, mine)).toBe("twosafe");
    expect(commitMode({ ...synced, peerState: "failed" }, "ACTIVE", true, false, mine)).toBe("none");
  });

  it("also while the agent is stopped, unless RETURN SERVICES OFF WHEN STOPPED", () => {
    expect(commitMode(synced, "ACTIVE", false, false, mine)).toBe("twosafe");
    expect(commitMode(synced, "ACTIVE", false, false, { ...mine, returnWhenStopped: false })).toBe("none");
    const receipt = { ...synced, scheme: { ...pair, returnService: "receipt" as const } };
    expect(commitMode(receipt, "ACTIVE", false, false, mine)).toBe("none");
  });

  it("no longer after DISABLE RETURN", () =>
    expect(commitMode(synced, "ACTIVE", true, true, mine)).toBe("none"));
});

it("FAILTHRESHOLD 0 never gives a peer up", () => {
  expect([
    overThreshold("start", 0, 99),
    overThreshold("start", 2, 2),
    overThreshold("start", 2, 3),
    overThreshold("failed", 2, 3),
  ]).toEqual([false, false, true, false]);
});
