import { remainingMs } from "../../../../agent/clocks";
import { Guard, type GuardMemory } from "../../../../agent/guard/core";
import type { FromGuard, Life, Permit } from "../../../../protocol";
import { ManualClock } from "../support/clock";

const life: Life = { podUID: "pod-a", boot: "boot-a", processes: "10:1,11:2", attached: "" };

class TwoClocks extends ManualClock {
  suspendedMs = 0;
  override boottimeMs(): number {
    return super.boottimeMs() + this.suspendedMs;
  }
}

interface Bed {
  clock: TwoClocks;
  guard: Guard;
  did: string[];
  sent: FromGuard[];
  store: { memory: GuardMemory | null };
  processesEnd: () => void;
  /** What closing does: resolves, rejects or never ends. */
  closing: { how: "works" | "fails" | "hangs" | "lasts" };
  /** Ends a closing that lasts. */
  closed: (error?: Error) => void;
}

function bed(memory: GuardMemory | null = null): Bed {
  const did: string[] = [];
  const sent: FromGuard[] = [];
  const store = { memory };
  const closing: Bed["closing"] = { how: "works" };
  let closed: Bed["closed"] = () => undefined;
  const clock = new TwoClocks();
  let onEnd: () => void = () => undefined;
  const guard = new Guard({
    clock,
    store: {
      load: async () => store.memory,
      save: async saved => {
        store.memory = saved;
      },
    },
    database: {
      watch: (_, callback) => {
        onEnd = callback;
        return () => undefined;
      },
      close: signal => {
        did.push("close");
        if (closing.how === "works") return Promise.resolve();
        if (closing.how === "fails") return Promise.reject(new Error("no"));
        if (closing.how === "lasts")
          return new Promise((resolve, reject) => {
            closed = error => (error === undefined ? resolve() : reject(error));
          });
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted"))),
        );
      },
      kill: async ({ boot }) => {
        did.push(`kill ${boot}`);
      },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onSend: message => sent.push(message),
  });
  return {
    clock,
    guard,
    did,
    sent,
    store,
    closing,
    closed: error => closed(error),
    processesEnd: () => onEnd(),
  };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

function permit(untilMs: number | null, n = 5): Permit {
  const until = untilMs === null ? null : { monotonicMs: untilMs, boottimeMs: untilMs };
  return { boot: life.boot, n, until, closingMs: 500 };
}

async function pass(b: Bed, ms: number): Promise<void> {
  b.clock.advance(ms);
  await settle();
}

describe("the guard", () => {
  it("closes the database so long before the deadline and kills nothing that is closed", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
    await settle();
    expect(b.sent).toEqual([{ type: "done", id: 1 }]);
    await pass(b, 5_499);
    expect(b.did).toEqual([]);
    await pass(b, 1);
    expect(b.did).toEqual(["close"]);
    expect(b.sent).toContainEqual({ type: "acted", boot: "boot-a", what: "closed" });
    await pass(b, 10_000);
    expect(b.did).toEqual(["close"]);
  });

  it.each([undefined, new Error("no")])(
    "says that it closed under a former permission, and does not call the database closed",
    async error => {
      const b = bed();
      b.closing.how = "lasts";
      b.guard.onMessage({ type: "life", life });
      b.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
      await pass(b, 5_500);
      expect(b.did).toEqual(["close"]);
      b.guard.onMessage({ type: "permit", id: 2, permit: permit(12_000) });
      b.closed(error);
      await settle();
      expect(b.sent.filter(({ type }) => type === "acted")).toEqual([
        { type: "acted", boot: "boot-a", what: "closedLate" },
      ]);
      await pass(b, 6_000);
      expect(b.did).toEqual(["close", "close"]);
    },
  );

  it.each(["fails", "hangs"] as const)("kills at the deadline when closing %s", async how => {
    const b = bed();
    b.closing.how = how;
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
    await pass(b, 5_999);
    expect(b.did).toEqual(["close"]);
    await pass(b, 1);
    expect(b.did).toEqual(["close", "kill boot-a"]);
    expect(b.sent).toContainEqual({ type: "acted", boot: "boot-a", what: "killed" });
  });

  it("lets each grant move the deadline", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    for (let at = 0; at < 20_000; at += 500) {
      b.guard.onMessage({ type: "permit", id: at, permit: permit(at + 6_000) });
      await pass(b, 500);
    }
    expect(b.did).toEqual([]);
  });

  it("never ends a permission without an end", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(null) });
    await pass(b, 10_000_000);
    expect(b.did).toEqual([]);
  });

  it("counts the time of a suspended machine", async () => {
    const b = bed();
    b.closing.how = "hangs";
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
    await pass(b, 1_000);
    b.clock.suspendedMs = 60_000;
    // Any wake-up is enough; the timer itself stood still as well.
    await pass(b, 5_000);
    expect(b.did).toContain("kill boot-a");
    expect(remainingMs(permit(6_000).until, { monotonicMs: 1_000, boottimeMs: 61_000 })).toBeLessThan(0);
  });

  it("rests when the agent has closed by itself", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(2_000) });
    b.guard.onMessage({ type: "rest", id: 2, boot: "boot-a" });
    await pass(b, 60_000);
    expect(b.did).toEqual([]);
    expect(b.sent).toEqual([
      { type: "done", id: 1 },
      { type: "done", id: 2 },
    ]);
  });

  it("takes no permission for a life it does not know", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: { ...permit(null), boot: "another" } });
    await settle();
    expect(b.sent).toEqual([]);
    expect(b.guard.hello()).toEqual({ type: "hello", life, permit: null });
  });

  it("forgets the permission of a life that is over, or replaced by another", async () => {
    const b = bed();
    b.guard.onMessage({ type: "life", life });
    b.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
    b.processesEnd();
    expect(b.guard.hello()).toEqual({ type: "hello", life: null, permit: null });
    b.guard.onMessage({ type: "life", life: { ...life, boot: "boot-b" } });
    await pass(b, 60_000);
    expect(b.did).toEqual([]);
  });

  it("keeps a deadline over a restart of its own", async () => {
    const first = bed();
    first.guard.onMessage({ type: "life", life });
    first.guard.onMessage({ type: "permit", id: 1, permit: permit(6_000) });
    await settle();
    const second = bed(first.store.memory);
    second.closing.how = "hangs";
    await second.guard.start();
    expect(second.guard.hello()).toEqual({ type: "hello", life, permit: permit(6_000) });
    await pass(second, 6_000);
    expect(second.did).toEqual(["close", "kill boot-a"]);
  });

  it("kills at once when it starts after the deadline", async () => {
    const b = bed({ life, permit: permit(-1) });
    await b.guard.start();
    await settle();
    expect(b.did).toEqual(["kill boot-a"]);
  });

  it("tries again when killing fails", async () => {
    const b = bed({ life, permit: permit(-1) });
    let failures = 2;
    const { clock } = b;
    const guard = new Guard({
      clock,
      store: { load: async () => b.store.memory, save: async () => undefined },
      database: {
        watch: () => () => undefined,
        close: async () => undefined,
        kill: async () => {
          b.did.push("kill");
          if (failures-- > 0) throw new Error("busy");
        },
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      onSend: message => b.sent.push(message),
    });
    await guard.start();
    for (let i = 0; i < 5; i++) await pass(b, 100);
    expect(b.did).toEqual(["kill", "kill", "kill"]);
  });
});
