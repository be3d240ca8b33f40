import fc from "fast-check";
import {
  asksForGrants,
  mayWrite,
  nextStep,
  recordPermits,
  type Situation,
} from "../../../../agent/core/permission";
import { noEvidence, unknownView, type PermissionRecord, type TimesTenView } from "../../../../protocol";

const me = { podUID: "pod-a", boot: "boot-a" };
const other = { podUID: "pod-b", boot: "boot-b" };

function record(changes: Partial<PermissionRecord>): PermissionRecord {
  return {
    objectUID: "object",
    n: 5,
    mode: "Solo",
    writer: me,
    standby: null,
    from: 0,
    alt: 0,
    ready: false,
    leaseMs: 6_000,
    ...changes,
  };
}

function view(changes: Partial<TimesTenView>): TimesTenView {
  return { ...unknownView, instance: "Exists", daemon: "Up", db: "Loaded", repScheme: "Exists", ...changes };
}

function situation(changes: Partial<Situation>): Situation {
  return {
    podUID: me.podUID,
    objectUID: "object",
    record: null,
    evidence: noEvidence,
    boot: me.boot,
    view: view({}),
    closed: true,
    permit: { mode: "none", n: 0 },
    soloed: 0,
    left: 0,
    diskCompleteFor: 0,
    complete: null,
    soloEnded: null,
    drained: 0,
    refused: null,
    aloneFor: 0,
    peerGone: false,
    peerDrained: 0,
    peerLeft: 0,
    waitOver: false,
    stopping: false,
    closedByPerson: false,
    ...changes,
  };
}

const endless = { mode: "endless", n: 5 } as const;
const finite = { mode: "finite", n: 5 } as const;
const none = { mode: "none", n: 0 } as const;
const proofAboutOther = { kind: "over" as const, ...other, containerID: null, by: "its agent" };

describe("a database that no record names", () => {
  it("stays closed", () => {
    expect(nextStep(situation({ closed: false }))).toMatchObject({ do: "close" });
    expect(nextStep(situation({ closed: true }))).toBeNull();
  });

  it("is closed when the record belongs to another object", () => {
    const foreign = record({ objectUID: "another" });
    expect(
      nextStep(situation({ record: foreign, closed: false, view: view({ repState: "ACTIVE" }) })),
    ).toMatchObject({ do: "close" });
  });

  it("is closed when the record names a former life of it", () => {
    const former = record({ writer: { ...me, boot: "former" } });
    expect(nextStep(situation({ record: former, closed: false }))).toMatchObject({ do: "close" });
    expect(mayWrite(situation({ record: former, soloed: 9 }))).toBe(false);
  });

  it("is closed by a Closed record even though it was the writer", () => {
    expect(
      nextStep(situation({ record: record({ mode: "Closed" }), closed: false, soloed: 4 })),
    ).toMatchObject({ do: "close" });
  });
});

describe("the writer alone", () => {
  it("waits for a new replication scheme where its disk is a former standby's", () => {
    expect(
      nextStep(situation({ record: record({}), view: view({ repState: "IDLE" }), diskCompleteFor: 3 })),
    ).toBeNull();
  });

  it("becomes active from IDLE, notes it on disk, has it from the guard, commits alone, and only then opens", () => {
    const solo = record({});
    const idle = situation({ record: solo, view: view({ repState: "IDLE" }) });
    expect(nextStep(idle)).toMatchObject({ do: "setActive", n: 5 });
    const active = { ...idle, view: view({ repState: "ACTIVE" }) };
    expect(nextStep(active)).toEqual({ do: "noteSoloed", n: 5 });
    expect(nextStep({ ...active, soloed: 5 })).toEqual({ do: "permit", n: 5 });
    expect(nextStep({ ...active, soloed: 5, permit: { mode: "endless", n: 3 } })).toEqual({
      do: "permit",
      n: 5,
    });
    const alone = { ...active, soloed: 5, permit: endless };
    expect(nextStep(alone)).toEqual({ do: "commitAlone", n: 5 });
    expect(nextStep({ ...alone, aloneFor: 5 })).toMatchObject({ do: "open" });
    const open = { ...alone, aloneFor: 5, closed: false, view: { ...active.view, open: true } };
    expect(nextStep(open)).toBeNull();
  });

  it("closes what is open without a permission that the guard knows of", () => {
    const active = view({ repState: "ACTIVE", open: true });
    const open = situation({ record: record({}), soloed: 5, closed: false, view: active });
    expect(nextStep(open)).toMatchObject({ do: "close" });
    expect(
      nextStep({ ...open, record: record({ mode: "Pair", standby: "pod-b" }), soloed: 4 }),
    ).toMatchObject({
      do: "close",
    });
  });

  it("opens what is shut, also where a new agent does not know yet that nobody is connected", () => {
    const active = view({ repState: "ACTIVE", open: false });
    const alone = { soloed: 5, aloneFor: 5, permit: endless };
    const solo = situation({ record: record({}), ...alone, closed: false, view: active });
    expect(nextStep(solo)).toMatchObject({ do: "open" });
    const pair = record({ n: 6, mode: "Pair", standby: other.podUID });
    expect(nextStep({ ...solo, record: pair })).toMatchObject({ do: "open" });
    expect(nextStep({ ...solo, stopping: true })).toBeNull();
  });

  it("does not become active without a replication scheme", () => {
    const noScheme = view({ repState: "IDLE", repScheme: "None" });
    expect(nextStep(situation({ record: record({}), view: noScheme }))).toBeNull();
  });

  it("opens nothing once it is told to stop", () => {
    const s = situation({
      record: record({}),
      view: view({ repState: "ACTIVE" }),
      soloed: 5,
      aloneFor: 5,
      permit: endless,
      stopping: true,
    });
    expect(nextStep(s)).toBeNull();
  });
});

describe("a standby named by a promotion", () => {
  const promotion = record({ from: 4 });
  const standby = situation({
    record: promotion,
    view: view({ repState: "STANDBY" }),
    complete: { n: 4, writer: other },
  });

  it("waits until it is proven that the old boot cannot write", () => {
    expect(nextStep(standby)).toBeNull();
    expect(nextStep({ ...standby, evidence: { ...noEvidence, proofs: [proofAboutOther] } })).toMatchObject({
      do: "promote",
      n: 5,
    });
  });

  it("goes ahead by waiting when nobody can write by its grants any more", () => {
    expect(nextStep({ ...standby, waitOver: true })).toMatchObject({ do: "promote", n: 5 });
    expect(nextStep({ ...standby, waitOver: true, complete: null })).toMatchObject({ do: "refuse" });
  });

  it("begins no promotion when it leaves", () => {
    expect(nextStep({ ...standby, waitOver: true, stopping: true })).toBeNull();
  });

  it("does not take a proof about another life of the old writer", () => {
    const wrong = { ...proofAboutOther, boot: "boot-b2" };
    expect(nextStep({ ...standby, evidence: { ...noEvidence, proofs: [wrong] } })).toBeNull();
  });

  it("refuses for good when it is not complete for the Pair that is left", () => {
    const proofs = { ...noEvidence, proofs: [proofAboutOther] };
    expect(nextStep({ ...standby, evidence: proofs, complete: null })).toMatchObject({ do: "refuse", n: 5 });
    expect(nextStep({ ...standby, evidence: proofs, complete: { n: 3, writer: other } })).toMatchObject({
      do: "refuse",
    });
    expect(nextStep({ ...standby, evidence: proofs, left: 4 })).toMatchObject({ do: "refuse" });
    expect(
      nextStep({ ...standby, evidence: proofs, complete: null, refused: { n: 5, reason: "" } }),
    ).toBeNull();
  });
});

describe("a pair", () => {
  const pair = record({ mode: "Pair", standby: other.podUID });

  it("ends committing alone once the peer is there and its own permission rests on the peer's grants", () => {
    const writer = situation({
      record: pair,
      view: view({ repState: "ACTIVE", repPeerState: "failed", open: true }),
      closed: false,
      permit: finite,
    });
    expect(nextStep(writer)).toBeNull();
    const joined = { ...writer, view: view({ repState: "ACTIVE", repPeerState: "start", open: true }) };
    expect(nextStep(joined)).toEqual({ do: "endSolo", n: 5 });
    expect(nextStep({ ...joined, permit: { mode: "endless", n: 4 } })).toBeNull();
    expect(nextStep({ ...joined, permit: { mode: "finite", n: 3 } })).toBeNull();
    expect(nextStep({ ...joined, soloEnded: { n: 5, mark: 7 } })).toBeNull();
  });

  it("lets the writer go on alone for good when its standby leaves", () => {
    const writer = situation({
      record: pair,
      view: view({ repState: "ACTIVE", repPeerState: "start", open: true }),
      closed: false,
      permit: finite,
      soloEnded: { n: 5, mark: 7 },
      peerLeft: 5,
    });
    expect(nextStep(writer)).toEqual({ do: "noteSoloed", n: 5 });
    expect(nextStep({ ...writer, soloed: 5 })).toEqual({ do: "permit", n: 5 });
    expect(nextStep({ ...writer, soloed: 5, permit: endless })).toEqual({ do: "commitAlone", n: 5 });
    expect(nextStep({ ...writer, soloed: 5, permit: endless, aloneFor: 5 })).toBeNull();
    expect(nextStep({ ...writer, peerLeft: 4 })).toBeNull();
  });

  it("asks for grants only as the ACTIVE writer of a Pair that nobody has left", () => {
    const writer = situation({ record: pair, view: view({ repState: "ACTIVE" }) });
    expect(asksForGrants(writer)).toBe(true);
    expect(asksForGrants({ ...writer, soloed: 5 })).toBe(false);
    expect(asksForGrants({ ...writer, view: view({ repState: "IDLE" }) })).toBe(false);
    expect(asksForGrants({ ...writer, record: record({}) })).toBe(false);
    expect(asksForGrants({ ...writer, boot: "another" })).toBe(false);
  });

  it("hands over under Closed: first closed, then everything at the standby", () => {
    const closed = record({ n: 6, mode: "Closed", standby: other.podUID, from: 5 });
    const old = situation({
      record: closed,
      view: view({ repState: "ACTIVE" }),
      closed: false,
      permit: none,
    });
    expect(nextStep(old)).toMatchObject({ do: "close" });
    expect(nextStep({ ...old, closed: true })).toEqual({ do: "drain", n: 6 });
    expect(nextStep({ ...old, closed: true, drained: 6 })).toBeNull();
    expect(nextStep({ ...old, closed: true, record: { ...closed, from: 0 } })).toBeNull();
  });

  it("makes its standby complete only after the writer's word and its mark", () => {
    const asStandby = record({ mode: "Pair", writer: other, standby: me.podUID });
    const standby = situation({ record: asStandby, view: view({ repState: "STANDBY", dbId: 6 }) });
    expect(nextStep(standby)).toBeNull();
    const told = { ...standby, evidence: { ...noEvidence, soloEnded: { n: 5, mark: 7 } } };
    expect(nextStep(told)).toBeNull();
    const arrived = { ...told, view: view({ repState: "STANDBY", dbId: 7 }) };
    expect(nextStep(arrived)).toEqual({ do: "complete", complete: { n: 5, writer: other } });
    expect(nextStep({ ...arrived, evidence: { ...noEvidence, soloEnded: { n: 4, mark: 1 } } })).toBeNull();
  });
});

describe("whatever the situation", () => {
  const writers = fc.constantFrom(me, other, { ...me, boot: "former" });
  const records = fc.option(
    fc.record({
      objectUID: fc.constantFrom("object", "another"),
      n: fc.integer({ min: 1, max: 6 }),
      mode: fc.constantFrom("Pair" as const, "Solo" as const, "Closed" as const),
      writer: writers,
      standby: fc.constantFrom(null, me.podUID, other.podUID),
      from: fc.integer({ min: 0, max: 5 }),
      alt: fc.integer({ min: 0, max: 5 }),
      ready: fc.boolean(),
      leaseMs: fc.constant(6_000),
    }),
  );
  const situations = fc
    .record({
      record: records,
      boot: fc.constantFrom(null, me.boot),
      closed: fc.boolean(),
      stopping: fc.boolean(),
      permit: fc.record({
        mode: fc.constantFrom("none" as const, "finite" as const, "endless" as const),
        n: fc.integer({ min: 1, max: 6 }),
      }),
      drained: fc.integer({ min: 0, max: 6 }),
      peerGone: fc.boolean(),
      peerLeft: fc.integer({ min: 0, max: 6 }),
      waitOver: fc.boolean(),
      soloed: fc.integer({ min: 0, max: 6 }),
      left: fc.integer({ min: 0, max: 6 }),
      aloneFor: fc.integer({ min: 0, max: 6 }),
      complete: fc.option(fc.record({ n: fc.integer({ min: 1, max: 6 }), writer: writers })),
      refused: fc.option(fc.record({ n: fc.integer({ min: 1, max: 6 }), reason: fc.constant("") })),
      view: fc
        .record({
          repState: fc.constantFrom(
            "ACTIVE" as const,
            "STANDBY" as const,
            "IDLE" as const,
            "RECOVERING" as const,
            "FAILED" as const,
            "Unknown" as const,
          ),
          repScheme: fc.constantFrom("Exists" as const, "None" as const),
          repPeerState: fc.constantFrom("start" as const, "failed" as const),
          dbId: fc.integer({ min: 0, max: 9 }),
        })
        .map(view),
      evidence: fc.record({
        soloEnded: fc.option(
          fc.record({ n: fc.integer({ min: 1, max: 6 }), mark: fc.integer({ min: 0, max: 9 }) }),
        ),
        proofs: fc.array(fc.constantFrom(proofAboutOther, { ...proofAboutOther, boot: "elsewhere" })),
        returns: fc.boolean(),
      }),
    })
    .map(situation);

  it("opens, activates or promotes only the very life that the record in force names", () => {
    fc.assert(
      fc.property(situations, s => {
        const step = nextStep(s);
        if (step === null || !["open", "setActive", "promote", "noteSoloed", "commitAlone"].includes(step.do))
          return;
        expect(s.record).toMatchObject({ objectUID: "object", writer: me });
        expect(s.record?.mode).not.toBe("Closed");
      }),
      { numRuns: 20_000 },
    );
  });

  it("promotes only a complete standby, after waiting or with a proof about the writer it was complete with", () => {
    fc.assert(
      fc.property(situations, s => {
        if (nextStep(s)?.do !== "promote") return;
        expect(s.complete?.n).toBe(s.record?.from);
        if (s.waitOver) return;
        expect(s.evidence.proofs).toContainEqual(expect.objectContaining(s.complete?.writer ?? {}));
      }),
      { numRuns: 20_000 },
    );
  });

  it("does not open what a person has closed, and does everything else", () => {
    const active = view({ repState: "ACTIVE", open: false, repPeerState: "start" });
    const pair = record({ mode: "Pair", standby: "pod-b" });
    const closed = situation({
      record: pair,
      permit: finite,
      closed: false,
      view: active,
      closedByPerson: true,
    });
    expect(nextStep(closed)).toMatchObject({ do: "endSolo" });
    expect(nextStep({ ...closed, closedByPerson: false })).toMatchObject({ do: "open" });
    const over = { ...closed, record: record({ n: 6, mode: "Closed", standby: "pod-b", from: 5 }) };
    expect(nextStep(over)).toMatchObject({ do: "close" });
    expect(nextStep({ ...closed, permit: none })).toMatchObject({ do: "close" });
  });

  it("never leaves a database open that may not write", () => {
    fc.assert(
      fc.property(situations, s => {
        if (s.boot === null || s.closed) return;
        const step = nextStep(s);
        if (!mayWrite(s) && s.view.repState !== "ACTIVE") return;
        if (!mayWrite(s)) expect(["close", "noteSoloed", "permit"]).toContain(step?.do);
        if (!recordPermits(s)) expect(step?.do).toBe("close");
      }),
      { numRuns: 20_000 },
    );
  });
});
