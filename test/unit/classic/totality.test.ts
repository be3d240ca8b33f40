/** Properties of decisions over any observation. */
import fc from "fast-check";
import { decide } from "../../../capabilities/classic/decide/decide";
import { isInCatalogue } from "../../../capabilities/classic/report/catalogue";
import { whyNotAllowed } from "../../support/world/record-rules";
import { anyObservation } from "./any-observation";
import { expectToldAndTimely } from "./told";

const runs = { numRuns: 6_000 };

it("every observation leads to a state and at least one known reason, within the polling interval", () => {
  fc.assert(
    fc.property(anyObservation, o => {
      const d = decide(o);
      expect(d.state).not.toBe("");
      expect(d.reasons.length).toBeGreaterThan(0);
      expectToldAndTimely(d, o);
    }),
    runs,
  );
});

it("no record is written that the table does not have (told by a reading of the table of its own)", () => {
  let writes = 0;
  fc.assert(
    fc.property(anyObservation, o => {
      const { recordWrite: write } = decide(o);
      if (write === null) return;
      writes++;
      const before = o.record?.value ?? null;
      const highest = Math.max(
        before?.n ?? 0,
        ...o.pods.map(one => one.agent.state?.permission.obeyedN ?? 0),
      );
      const lost = before !== null && highest > before.n;
      expect(whyNotAllowed(lost ? null : before, write.value, highest)).toBeNull();
      expect(write.replaces).toBe(o.record?.resourceVersion ?? null);
    }),
    runs,
  );
  expect(writes).toBeGreaterThan(100);
});

it("the writer is changed to another pod only with a proof about the old one, which goes along", () => {
  let promotions = 0;
  fc.assert(
    fc.property(anyObservation, o => {
      const { recordWrite: write } = decide(o);
      // A Closed keeps the number of the Pair it leaves, but names nobody new.
      if (write === null || write.value.from === 0 || write.value.mode === "Closed" || o.record === null)
        return;
      promotions++;
      const old = o.record.value.writer;
      const closedN = o.record.value.n - (o.record.value.mode === "Closed" ? 1 : 0);
      const standby = o.pods.find(one => one.uid === write.value.writer.podUID);
      const said = standby?.agent.state;
      expect(said?.permission.completeFor).toBe(write.value.from);
      expect(said?.boot).toBe(write.value.writer.boot);
      const fenced = o.pods.some(
        one =>
          one.uid === old.podUID &&
          one.agent.connected &&
          one.agent.state?.boot === old.boot &&
          one.agent.state.permission.closed &&
          one.agent.state.permission.obeyedN > closedN,
      );
      const ended = o.ends.some(end => end.podUID === old.podUID && end.boot === old.boot);
      // Nobody can carry *waited*: the standby sees it for itself.
      const waited = said?.permission.waitedFor === write.value.from && said.permission.noWaiting === null;
      expect(fenced || ended || waited).toBe(true);
      if (fenced || ended) expect(write.notes.proofs).toMatchObject([old]);
      else expect(write.notes.proofs).toEqual([]);
    }),
    runs,
  );
  expect(promotions).toBeGreaterThan(5);
});

it("a switchover request is answered once, and a planned change is noted with the Closed that begins it", () => {
  let begun = 0;
  let ended = 0;
  fc.assert(
    fc.property(anyObservation, o => {
      const d = decide(o);
      const before = o.object.status?.switchover;
      const running = d.switchover?.phase === "Running";
      if (running) begun++;
      if (d.switchover?.phase === "Done" || d.switchover?.phase === "Refused") ended++;
      const answered = before?.phase === "Done" || before?.phase === "Refused";
      if (answered) expect(d.switchover?.requestId).not.toBe(before.requestId);
      const note = d.recordWrite?.notes.handover ?? null;
      if (note !== null) {
        expect(d.recordWrite?.value.mode).toBe("Closed");
        // A Pod that leaves while an earlier request is still being answered is a handover, not that request.
        if (note.kind === "switchover") expect(running).toBe(true);
      }
      for (const event of d.events) expect(isInCatalogue(event)).toBe(true);
    }),
    runs,
  );
  expect(begun).toBeGreaterThan(5);
  expect(ended).toBeGreaterThan(50);
});

it("a copy is destroyed only under a Solo of the other pod, open, endless and obeying in this very pass", () => {
  let duplicates = 0;
  fc.assert(
    fc.property(anyObservation, o => {
      for (const { ordinal, command } of decide(o).commands) {
        if (command.verb !== "duplicate") continue;
        duplicates++;
        const record = o.record?.value;
        const source = o.pods[ordinal === 0 ? 1 : 0];
        const { agent, uid } = source;
        expect(record?.mode).toBe("Solo");
        expect(uid).toBe(record?.writer.podUID);
        expect(agent.connected).toBe(true);
        expect(agent.state?.boot).toBe(record?.writer.boot);
        expect(agent.state?.timesten).toMatchObject({ open: true, repState: "ACTIVE" });
        expect(agent.state?.permission).toMatchObject({ obeyedN: record?.n, mode: "endless" });
        expect(o.pods[ordinal].agent.state?.permission.obeyedN).toBe(record?.n);
        expect(command).toMatchObject({ n: record?.n, fromHost: o.settings.hosts[source.ordinal] });
      }
    }),
    runs,
  );
  expect(duplicates).toBeGreaterThan(5);
});

it("at most one pod is the active, and clients are led only to the record's writer, which serves or takes over for certain", () => {
  fc.assert(
    fc.property(anyObservation, o => {
      const d = decide(o);
      expect(d.roles.filter(role => role === "active").length).toBeLessThanOrEqual(1);
      for (const effect of d.effects) {
        if (effect.do !== "route" || effect.to === null) continue;
        const target = o.pods[effect.to.ordinal];
        const { value, notes } = d.recordWrite ?? o.record ?? {};
        expect(target.uid).toBe(value?.writer.podUID);
        const takesOver = value?.mode === "Solo" && value.from > 0 && notes?.proofs.length !== 0;
        if (!takesOver)
          expect(target.agent.state?.timesten).toMatchObject({ open: true, repState: "ACTIVE" });
      }
    }),
    runs,
  );
});

it("an object that is being deleted is left alone", () => {
  fc.assert(
    fc.property(anyObservation, o => {
      o.object.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
      expect(decide(o)).toMatchObject({ recordWrite: null, commands: [], effects: [] });
    }),
    { numRuns: 1_000 },
  );
});
