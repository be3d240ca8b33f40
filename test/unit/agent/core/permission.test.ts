import fc from "fast-check";
import { mayWrite, nextStep, type Situation } from "../../../../agent/core/permission";
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
    soloed: 0,
    left: 0,
    complete: null,
    soloEnded: null,
    refused: null,
    aloneFor: 0,
    stopping: false,
    ...changes,
  };
}

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
  it("becomes active from IDLE, notes it on disk, commits alone, and only then opens", () => {
    const solo = record({});
    const idle = situation({ record: solo, view: view({ repState: "IDLE" }) });
    expect(nextStep(idle)).toMatchObject({ do: "setActive", n: 5 });
    const active = { ...idle, view: view({ repState: "ACTIVE" }) };
    expect(nextStep(active)).toEqual({ do: "noteSoloed", n: 5 });
    expect(nextStep({ ...active, soloed: 5 })).toEqual({ do: "commitAlone", n: 5 });
    expect(nextStep({ ...active, soloed: 5, aloneFor: 5 })).toMatchObject({ do: "open" });
    const open = { ...active, soloed: 5, aloneFor: 5, closed: false, view: { ...active.view, open: true } };
    expect(nextStep(open)).toBeNull();
  });

  it("opens what is shut, also where a new agent does not know yet that nobody is connected", () => {
    const active = view({ repState: "ACTIVE", open: false });
    const solo = situation({ record: record({}), soloed: 5, aloneFor: 5, closed: false, view: active });
    expect(nextStep(solo)).toMatchObject({ do: "open" });
    const pair = record({ mode: "Pair", standby: other.podUID });
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
    expect(nextStep({ ...standby, evidence: { soloEnded: null, proofs: [proofAboutOther] } })).toMatchObject({
      do: "promote",
      n: 5,
    });
  });

  it("does not take a proof about another life of the old writer", () => {
    const wrong = { ...proofAboutOther, boot: "boot-b2" };
    expect(nextStep({ ...standby, evidence: { soloEnded: null, proofs: [wrong] } })).toBeNull();
  });

  it("refuses for good when it is not complete for the Pair that is left", () => {
    const proofs = { soloEnded: null, proofs: [proofAboutOther] };
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

  it("ends committing alone before anything else, once the peer is there", () => {
    const writer = situation({
      record: pair,
      view: view({ repState: "ACTIVE", repPeerState: "failed", open: true }),
      closed: false,
    });
    expect(nextStep(writer)).toBeNull();
    const joined = { ...writer, view: view({ repState: "ACTIVE", repPeerState: "start", open: true }) };
    expect(nextStep(joined)).toEqual({ do: "endSolo", n: 5 });
    expect(nextStep({ ...joined, soloEnded: { n: 5, mark: 7 } })).toBeNull();
  });

  it("makes its standby complete only after the writer's word and its mark", () => {
    const asStandby = record({ mode: "Pair", writer: other, standby: me.podUID });
    const standby = situation({ record: asStandby, view: view({ repState: "STANDBY", dbId: 6 }) });
    expect(nextStep(standby)).toBeNull();
    const told = { ...standby, evidence: { soloEnded: { n: 5, mark: 7 }, proofs: [] } };
    expect(nextStep(told)).toBeNull();
    const arrived = { ...told, view: view({ repState: "STANDBY", dbId: 7 }) };
    expect(nextStep(arrived)).toEqual({ do: "complete", complete: { n: 5, writer: other } });
    expect(nextStep({ ...arrived, evidence: { soloEnded: { n: 4, mark: 1 }, proofs: [] } })).toBeNull();
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

  it("promotes only a complete standby and only with a proof about the writer it was complete with", () => {
    fc.assert(
      fc.property(situations, s => {
        if (nextStep(s)?.do !== "promote") return;
        expect(s.complete?.n).toBe(s.record?.from);
        expect(s.evidence.proofs).toContainEqual(expect.objectContaining(s.complete?.writer ?? {}));
      }),
      { numRuns: 20_000 },
    );
  });

  it("never leaves a database open that may not write", () => {
    fc.assert(
      fc.property(situations, s => {
        if (s.boot === null || s.closed) return;
        const step = nextStep(s);
        if (!mayWrite(s) && s.view.repState !== "ACTIVE") return;
        if (!mayWrite(s)) expect(["close", "noteSoloed"]).toContain(step?.do);
      }),
      { numRuns: 20_000 },
    );
  });
});
