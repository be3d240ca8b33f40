import { Changes } from "../../../../agent/core/changes";
import { beforeLeaving, type LeavingView } from "../../../../agent/core/leaving";
import type { PermissionRecord } from "../../../../protocol";
import { ManualClock } from "../support/clock";

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

/** The operator hands over. */
const closed: PermissionRecord = { ...pair, n: 6, mode: "Closed", from: 5, ready: false };
/** The standby is named. */
const promoted: PermissionRecord = {
  ...pair,
  n: 7,
  mode: "Solo",
  writer: { podUID: "pod-s", boot: "boot-s" },
  standby: null,
};

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function bed(change: Partial<LeavingView>, graceMs = 27_000) {
  const clock = new ManualClock();
  const changes = new Changes(clock);
  const view: LeavingView = {
    record: pair,
    podUID: "pod-w",
    boot: "boot-w",
    mayWrite: true,
    operators: 1,
    peerServes: false,
    ...change,
  };
  const did: string[] = [];
  let solo: () => void = () => undefined;
  let over = false;
  const done = beforeLeaving({
    clock,
    log: { info: () => undefined, warn: message => did.push(message), error: message => did.push(message) },
    graceMs,
    view: () => view,
    until: (condition, ms) => changes.until(condition, ms),
    noteLeft: async n => {
      did.push(`left ${n}`);
    },
    secureCopy: async () => {
      did.push("secured");
    },
    tellSolo: (n, boot) => {
      did.push(`solo ${n} ${boot}`);
      return new Promise(resolve => {
        solo = resolve;
      });
    },
  });
  void done.then(() => {
    over = true;
  });
  const become = async (record: PermissionRecord): Promise<void> => {
    view.record = record;
    changes.notify();
    await settle();
  };
  const peerServes = async (): Promise<void> => {
    view.peerServes = true;
    changes.notify();
    await settle();
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { did, become, peerServes, pass, isOver: () => over, takeSolo: () => solo() };
}

describe("a writer that leaves", () => {
  it("goes on until the operator hands over, and stays until another one serves", async () => {
    const b = bed({});
    await b.pass(5_000);
    expect(b.isOver()).toBe(false);
    await b.become(closed);
    await b.pass(500);
    expect(b.isOver()).toBe(false);
    await b.become(promoted);
    expect(b.isOver()).toBe(false);
    await b.peerServes();
    expect(b.isOver()).toBe(true);
    expect(b.did).toEqual([]);
  });

  it("stays until another one serves also where the operator has begun before the signal came", async () => {
    const b = bed({ record: closed, mayWrite: false });
    await b.pass(5_000);
    expect(b.isOver()).toBe(false);
    await b.become(promoted);
    expect(b.isOver()).toBe(false);
    await b.peerServes();
    expect(b.isOver()).toBe(true);
    expect(b.did).toEqual([]);
  });

  it("waits a moment only for the one that is named to serve", async () => {
    const b = bed({});
    await b.become(closed);
    await b.become(promoted);
    await b.pass(999);
    expect(b.isOver()).toBe(false);
    await b.pass(1);
    expect(b.isOver()).toBe(true);
    expect(b.did).toEqual([]);
  });

  it("has nobody to hand over to where it was closed without a standby", async () => {
    const b = bed({ record: { ...pair, n: 6, mode: "Closed", from: 0, ready: false }, mayWrite: false });
    await settle();
    expect(b.isOver()).toBe(true);
  });

  it.each([
    [27_000, 11_000],
    [15_000, 7_000],
    [8_000, 4_000],
  ])("with %d ms of grace gives a handover that has begun %d ms", async (graceMs, ms) => {
    const b = bed({}, graceMs);
    await b.become(closed);
    await b.pass(ms - 1);
    expect(b.isOver()).toBe(false);
    await b.pass(1);
    expect(b.isOver()).toBe(true);
    expect(b.did).toEqual(["the handover did not come to its end"]);
  });

  it("ends without a handover when nobody begins one in time", async () => {
    const b = bed({});
    await b.pass(10_000);
    expect(b.isOver()).toBe(true);
    expect(b.did).toEqual(["nobody takes over, ending without a handover"]);
  });

  it("does not wait long where no operator is connected, or its standby may not be promoted", async () => {
    for (const change of [{ operators: 0 }, { record: { ...pair, ready: false } }]) {
      const b = bed(change);
      await b.pass(500);
      expect(b.isOver()).toBe(true);
    }
  });

  it("has nobody to hand over to when it is alone or may not write", async () => {
    for (const change of [
      { record: { ...pair, mode: "Solo" as const } },
      { mayWrite: false },
      { boot: null },
    ]) {
      const b = bed(change);
      await settle();
      expect(b.isOver()).toBe(true);
    }
  });
});

describe("a standby that leaves", () => {
  it("writes so to its disk, then tells its writer, and goes when that has taken it", async () => {
    const b = bed({ podUID: "pod-s", boot: "boot-s", mayWrite: false });
    await settle();
    expect(b.did).toEqual(["left 5", "solo 5 boot-w"]);
    expect(b.isOver()).toBe(false);
    b.takeSolo();
    await settle();
    expect(b.isOver()).toBe(true);
  });

  it("keeps its copy safe where the writer does not answer at once: it may be dead", async () => {
    const b = bed({ podUID: "pod-s", boot: "boot-s", mayWrite: false });
    await settle();
    await b.pass(249);
    expect(b.did).toEqual(["left 5", "solo 5 boot-w"]);
    await b.pass(1);
    expect(b.did).toEqual(["left 5", "solo 5 boot-w", "secured"]);
    expect(b.isOver()).toBe(false);
    b.takeSolo();
    await settle();
    expect(b.isOver()).toBe(true);
  });

  it("goes when the operator has written the same, or after a moment", async () => {
    const written = bed({ podUID: "pod-s", boot: "boot-s", mayWrite: false });
    await settle();
    await written.become({ ...pair, n: 6, mode: "Solo", standby: null, ready: false });
    expect(written.isOver()).toBe(true);
    const silent = bed({ podUID: "pod-s", boot: "boot-s", mayWrite: false });
    await settle();
    await silent.pass(2_000);
    expect(silent.isOver()).toBe(true);
    expect(silent.did.at(-1)).toBe("the active did not answer that it goes on alone");
  });
});
