import fc from "fast-check";
import {
  defaultQueueOptions,
  WorkQueue,
  type Pass,
  type QueueOptions,
} from "../../../capabilities/runtime/queue";
import { VirtualSurroundings } from "../../support/virtual-clock";

function newQueue(pass: Pass, options: Partial<QueueOptions> = {}, seed = "queue") {
  const around = new VirtualSurroundings(seed);
  const { clock, random, log } = around;
  const queue = new WorkQueue(pass, { ...defaultQueueOptions, clock, random, log, ...options });
  return { queue, around };
}

describe("the work queue", () => {
  it("runs a key at once when it was quiet", async () => {
    const ran: number[] = [];
    const { queue, around } = newQueue(async () => void ran.push(around.clock.monotonicMs()));
    await around.pass(100);
    queue.add("a");
    await around.pass(0);
    expect(ran).toEqual([100]);
  });

  it("makes one pass of news that comes together", async () => {
    let passes = 0;
    const { queue, around } = newQueue(async () => void passes++);
    for (let i = 0; i < 50; i++) queue.add("a");
    await around.pass(1_000);
    expect(passes).toBe(1);
  });

  it("runs a key again when news came while it ran", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      await around.sleep(40);
    });
    queue.add("a");
    await around.pass(10);
    queue.add("a");
    queue.add("a");
    await around.pass(1_000);
    expect(starts).toEqual([0, 40]);
  });

  it("keeps a key that fires without end from running without pause", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      queue.add("a");
    });
    queue.add("a");
    await around.pass(100);
    const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5);
    expect(starts.length).toBeGreaterThan(15);
  });

  it("lets no key wait for another", async () => {
    const ran: string[] = [];
    const { queue, around } = newQueue(async key => {
      if (key === "slow") await around.sleep(20_000);
      ran.push(key);
    });
    queue.add("slow");
    await around.pass(1);
    queue.add("quick");
    await around.pass(1);
    expect(ran).toEqual(["quick"]);
  });

  it("runs at most as many passes at once as allowed", async () => {
    let now = 0;
    let most = 0;
    const { queue, around } = newQueue(
      async () => {
        most = Math.max(most, ++now);
        await around.sleep(10);
        now--;
      },
      { concurrency: 3 },
    );
    for (let i = 0; i < 20; i++) queue.add(`key-${i}`);
    await around.pass(1);
    expect(queue.stats()).toMatchObject({ running: 3, waiting: 17 });
    await around.pass(1_000);
    expect(most).toBe(3);
    expect(queue.stats()).toMatchObject({ running: 0, waiting: 0, passes: 20 });
  });

  it("wakes a key when its pass asked for it", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      return starts.length < 3 ? { wakeAfterMs: 250 } : undefined;
    });
    queue.add("a");
    await around.pass(10_000);
    expect(starts).toEqual([0, 250, 500]);
  });

  it("runs earlier than the appointment when news comes, and then as the new pass says", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      return { wakeAfterMs: 1_000 };
    });
    queue.add("a");
    await around.pass(300);
    queue.add("a");
    await around.pass(1_200);
    expect(starts).toEqual([0, 300, 1_300]);
  });

  it("keeps the earliest of several appointments", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => void starts.push(around.clock.monotonicMs()));
    queue.addAfter("a", 500);
    queue.addAfter("a", 200);
    queue.addAt("a", 300);
    await around.pass(5_000);
    expect(starts).toEqual([200]);
  });

  it("keeps an appointment that is made while the key runs", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      if (starts.length === 1) queue.addAfter("a", 70);
      await around.sleep(10);
      return starts.length === 1 ? { wakeAfterMs: 5_000 } : undefined;
    });
    queue.add("a");
    await around.pass(20_000);
    expect(starts).toEqual([0, 70]);
  });

  it("tries a failed pass again after pauses that grow to the cap", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(
      async () => {
        starts.push(around.clock.monotonicMs());
        throw new Error("no");
      },
      { backoff: { firstMs: 100, maxMs: 800 } },
    );
    queue.add("a");
    await around.pass(20_000);
    const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
    for (const [i, gap] of gaps.entries()) {
      const whole = Math.min(800, 100 * 2 ** i);
      expect(gap).toBeGreaterThanOrEqual(whole / 2);
      expect(gap).toBeLessThanOrEqual(whole);
    }
    expect(queue.stats().failures).toBe(starts.length);
    expect(around.lines.filter(line => line.message === "pass failed")).toHaveLength(starts.length);
  });

  it("shortens the pause after a failure when news comes, but not to nothing", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(
      async () => {
        starts.push(around.clock.monotonicMs());
        if (starts.length === 1) throw new Error("no");
      },
      { backoff: { firstMs: 60_000, maxMs: 60_000 } },
    );
    queue.add("a");
    await around.pass(10);
    queue.add("a");
    await around.pass(1_000);
    expect(starts).toEqual([0, 60]);
  });

  it("forgets the failures once a pass went well", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async () => {
      starts.push(around.clock.monotonicMs());
      if (starts.length <= 4) throw new Error("no");
    });
    queue.add("a");
    await around.pass(60_000);
    expect(starts).toHaveLength(5);
    queue.add("a");
    await around.pass(0);
    expect(starts).toHaveLength(6);
  });

  it("aborts a pass at its deadline and tries it again", async () => {
    const reasons: string[] = [];
    let passes = 0;
    const { queue, around } = newQueue(
      async (_key, signal) => {
        if (++passes > 1) return;
        await new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()));
        reasons.push(String(signal.reason));
      },
      { passDeadlineMs: 1_000 },
    );
    queue.add("a");
    await around.pass(999);
    expect(reasons).toEqual([]);
    await around.pass(5_000);
    expect(reasons).toEqual(["Error: pass took longer than 1000 ms"]);
    expect(passes).toBe(2);
  });

  it("gives the place of a pass that ignores its abort to others, but never runs its key beside it", async () => {
    const ran: string[] = [];
    const { queue, around } = newQueue(
      async key => {
        ran.push(key);
        if (key === "hangs") await new Promise(() => undefined);
      },
      { passDeadlineMs: 1_000, concurrency: 1 },
    );
    queue.add("hangs");
    queue.add("other");
    await around.pass(1_999);
    expect(ran).toEqual(["hangs"]);
    await around.pass(2);
    queue.add("hangs");
    await around.pass(10_000);
    expect(ran).toEqual(["hangs", "other"]);
    expect(queue.stats()).toMatchObject({ stuck: 1, running: 1 });
    expect(queue.stats().oldestRunningMs).toBeGreaterThan(10_000);
  });

  it("drops a forgotten key's appointments and failures", async () => {
    let passes = 0;
    const { queue, around } = newQueue(async key => {
      if (++passes === 1) throw new Error("no");
      queue.forget(key);
    });
    queue.add("a");
    await around.pass(1);
    queue.forget("a");
    await around.pass(60_000);
    expect(passes).toBe(1);
    queue.add("a");
    await around.pass(60_000);
    expect(passes).toBe(2);
    expect(queue.stats()).toMatchObject({ scheduled: 0, waiting: 0, running: 0 });
  });

  it("runs a forgotten key again when news of it comes", async () => {
    const starts: number[] = [];
    const { queue, around } = newQueue(async key => {
      starts.push(around.clock.monotonicMs());
      queue.forget(key);
      await around.sleep(20);
    });
    queue.add("a");
    await around.pass(10);
    queue.add("a");
    await around.pass(100);
    expect(starts).toEqual([0, 20]);
  });

  it("stops: aborts what runs, waits for its end and starts nothing more", async () => {
    const ended: string[] = [];
    const { queue, around } = newQueue(async (key, signal) => {
      await new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()));
      await around.sleep(5);
      ended.push(key);
    });
    queue.add("a");
    queue.addAfter("b", 10);
    await around.pass(1);
    await around.settled(queue.stop());
    queue.add("c");
    await around.pass(60_000);
    expect(ended).toEqual(["a"]);
    expect(around.lines).toEqual([]);
  });

  it("never runs one key twice at once, and runs every key after its last news, whatever happens when", async () => {
    const news = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), gapMs: fc.nat(30) }), {
      minLength: 1,
      maxLength: 40,
    });
    const passes = fc.array(fc.record({ tookMs: fc.nat(40), fails: fc.boolean() }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(news, passes, fc.string(), async (arrivals, outcomes, seed) => {
        const lastNews = new Map<string, number>();
        const lastGoodStart = new Map<string, number>();
        const running = new Set<string>();
        let count = 0;
        const { queue, around } = newQueue(
          async key => {
            expect(running.has(key)).toBe(false);
            running.add(key);
            const startedMs = around.clock.monotonicMs();
            const { tookMs, fails } = outcomes[count++] ?? { tookMs: 1, fails: false };
            await around.sleep(tookMs);
            running.delete(key);
            if (fails) throw new Error("no");
            lastGoodStart.set(key, startedMs);
          },
          { concurrency: 2 },
          seed,
        );
        for (const { key, gapMs } of arrivals) {
          await around.pass(gapMs);
          lastNews.set(key, around.clock.monotonicMs());
          queue.add(key);
        }
        await around.pass(300_000);
        for (const [key, newsMs] of lastNews) expect(lastGoodStart.get(key)).toBeGreaterThanOrEqual(newsMs);
        expect(queue.stats()).toMatchObject({ running: 0, waiting: 0, scheduled: 0 });
      }),
      { numRuns: 200 },
    );
  });
});
