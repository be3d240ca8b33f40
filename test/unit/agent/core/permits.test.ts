import { Permits } from "../../../../agent/core/permits";
import type { GuardPort } from "../../../../agent/ports";
import type { Life, Permit } from "../../../../protocol";
import { ManualClock } from "../support/clock";

const life: Life = { podUID: "pod-a", boot: "boot-a", processes: "10:1", attached: "" };

/** A guard that answers when it is told to. */
class ScriptedGuard implements GuardPort {
  readonly told: string[] = [];
  readonly permits: Permit[] = [];
  answers: (() => void)[] = [];
  private callback: Parameters<GuardPort["onState"]>[0] = () => undefined;

  onState(callback: Parameters<GuardPort["onState"]>[0]): void {
    this.callback = callback;
  }
  onActed(): void {}
  life(one: Life): void {
    this.told.push(`life ${one.boot}`);
  }
  lifeOver(boot: string): void {
    this.told.push(`over ${boot}`);
  }
  permit(permit: Permit): Promise<void> {
    this.told.push(`permit ${permit.n}`);
    this.permits.push(permit);
    return new Promise(resolve => this.answers.push(resolve));
  }
  rest(boot: string): Promise<void> {
    this.told.push(`rest ${boot}`);
    return Promise.resolve();
  }
  here(state: { life: Life | null; permit: Permit | null } = { life: null, permit: null }): void {
    this.callback(state);
  }
  away(): void {
    this.callback(null);
  }
  async answer(): Promise<void> {
    for (const resolve of this.answers.splice(0)) resolve();
    await settle();
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function bed() {
  const clock = new ManualClock();
  const guard = new ScriptedGuard();
  let changes = 0;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const permits = new Permits({ clock, guard, log, onChange: () => changes++ });
  guard.here();
  permits.begin(life);
  return { clock, guard, permits, changes: () => changes };
}

const endless: Permit = { boot: "boot-a", n: 5, until: null, closingMs: 500 };
const until = (ms: number, n = 6): Permit => ({
  boot: "boot-a",
  n,
  until: { monotonicMs: ms, boottimeMs: ms },
  closingMs: 500,
});

describe("a permission", () => {
  it("counts only once the guard has taken it up", async () => {
    const { permits, guard } = bed();
    void permits.take(endless);
    await settle();
    expect(permits.now("boot-a").mode).toBe("none");
    await guard.answer();
    expect(permits.now("boot-a")).toEqual({ mode: "endless", n: 5 });
    expect(permits.now("boot-b").mode).toBe("none");
  });

  it("ends for the agent when closing must begin, and it is told so", async () => {
    const { permits, guard, clock, changes } = bed();
    void permits.take(until(6_000));
    await settle();
    await guard.answer();
    clock.advance(5_499);
    expect(permits.now("boot-a")).toEqual({ mode: "finite", n: 6 });
    const before = changes();
    clock.advance(2);
    expect(permits.now("boot-a").mode).toBe("none");
    expect(changes()).toBeGreaterThan(before);
  });

  it("that was taken away meanwhile is not held when the guard's answer comes", async () => {
    const { permits, guard } = bed();
    void permits.take(endless);
    await settle();
    permits.revoke("boot-a", 1_500);
    await guard.answer();
    await guard.answer();
    expect(permits.now("boot-a").mode).toBe("none");
    // The guard has it that the end is near, although the agent never held what it asked for.
    expect(guard.permits.at(-1)).toMatchObject({ n: 5, until: { monotonicMs: 1_500 }, closingMs: 500 });
  });

  it("ends at once when it is revoked, and the guard has nothing more to do once all is closed", async () => {
    const { permits, guard } = bed();
    void permits.take(until(6_000));
    await settle();
    await guard.answer();
    permits.revoke("boot-a", 1_500);
    expect(permits.now("boot-a").mode).toBe("none");
    await settle();
    await guard.answer();
    permits.rest("boot-a");
    await settle();
    expect(guard.told.slice(-2)).toEqual(["permit 6", "rest boot-a"]);
    permits.rest("boot-a");
    await settle();
    expect(guard.told.filter(one => one.startsWith("rest"))).toHaveLength(1);
  });

  it("outlives a guard that starts again, not one that stays away", async () => {
    const { permits, guard, clock } = bed();
    void permits.take(endless);
    await settle();
    await guard.answer();
    guard.away();
    clock.advance(900);
    expect(permits.now("boot-a").mode).toBe("endless");
    expect(permits.guarded()).toBe(false);
    guard.here({ life, permit: endless });
    expect(permits.now("boot-a").mode).toBe("endless");
    guard.away();
    clock.advance(1_100);
    expect(permits.now("boot-a").mode).toBe("none");
  });

  it("is what the guard says it is, also when it has forgotten", async () => {
    const { permits, guard } = bed();
    void permits.take(endless);
    await settle();
    await guard.answer();
    guard.away();
    guard.here({ life: null, permit: null });
    expect(permits.now("boot-a").mode).toBe("none");
    expect(guard.told.at(-1)).toBe("life boot-a");
  });

  it("goes on over a restart of the agent, because the guard knows it", () => {
    const clock = new ManualClock();
    const guard = new ScriptedGuard();
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const permits = new Permits({ clock, guard, log, onChange: () => undefined });
    permits.begin(life);
    expect(permits.now("boot-a").mode).toBe("none");
    guard.here({ life, permit: until(6_000) });
    expect(permits.now("boot-a")).toEqual({ mode: "finite", n: 6 });
  });

  it("ends with the life it was for", async () => {
    const { permits, guard } = bed();
    void permits.take(endless);
    await settle();
    await guard.answer();
    permits.end("boot-a");
    expect(permits.now("boot-a").mode).toBe("none");
    expect(guard.told.at(-1)).toBe("over boot-a");
  });
});
