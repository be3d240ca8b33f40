import type { StatusReport } from "../../../agent/timesten/parse/ttstatus";
import { StatusCache } from "../../../agent/timesten/status";

const section = {
  dataStore: "/d/sample",
  connectionCount: 1,
  connections: [{ type: "Subdaemon", pid: process.pid, name: "Manager" }],
  open: false,
  repAgent: false,
  cacheAgent: false,
  loading: false,
  unloading: false,
  inactive: false,
  obsolete: false,
  silent: false,
};
const up = (pid = process.pid): StatusReport => ({
  daemon: "Up",
  daemonPid: pid,
  serverPid: null,
  databases: [section],
});
const long = () => AbortSignal.timeout(10_000);

/** A cache over a list of answers; each run takes the next, or waits for `release`. */
function cacheOver(answers: (StatusReport | Promise<StatusReport>)[]) {
  let runs = 0;
  const cache = new StatusCache(async () => answers[runs++] ?? { daemon: "Unknown" });
  return { cache, runs: () => runs };
}

describe("what ttStatus said last", () => {
  it("is good enough until it is too old or something was done", async () => {
    const { cache, runs } = cacheOver([up(), up(), { daemon: "Down" }]);
    await cache.read(60_000, long());
    await cache.read(60_000, long());
    expect(runs()).toBe(1);
    cache.invalidate();
    expect((await cache.read(60_000, long())).report.daemon).toBe("Up");
    cache.invalidate();
    expect((await cache.read(60_000, long())).report.daemon).toBe("Down");
    expect(runs()).toBe(3);
  });

  it("is asked for once by many at a time", async () => {
    const { cache, runs } = cacheOver([up()]);
    await Promise.all([cache.read(0, long()), cache.read(0, long()), cache.read(0, long())]);
    expect(runs()).toBe(1);
  });

  it("is not what a run says that began before something was done", async () => {
    let release: (report: StatusReport) => void = () => undefined;
    const early = new Promise<StatusReport>(resolve => {
      release = resolve;
    });
    const { cache } = cacheOver([early, up(), up()]);
    const first = cache.read(0, long());
    cache.invalidate();
    await cache.read(60_000, long());
    release({ daemon: "Down" });
    await first;
    expect(cache.last.report.daemon).toBe("Up");
  });

  it("can be put right by what a utility answered, without another run", async () => {
    const { cache, runs } = cacheOver([up()]);
    await cache.read(60_000, long());
    cache.patch("/d/sample", { open: true });
    const { report } = await cache.read(60_000, long());
    expect(report).toMatchObject({ databases: [{ open: true }] });
    expect(runs()).toBe(1);
  });

  it("counts on while ttStatus gives no answer and its processes live", async () => {
    const { cache } = cacheOver([up(), { daemon: "Unknown" }]);
    await cache.read(0, long());
    cache.invalidate();
    expect((await cache.read(0, long())).report.daemon).toBe("Up");
  });

  it("is Unknown while ttStatus gives no answer and its daemon is gone", async () => {
    const { cache } = cacheOver([up(2 ** 22 - 1), { daemon: "Unknown" }]);
    await cache.read(0, long());
    cache.invalidate();
    expect((await cache.read(0, long())).report.daemon).toBe("Unknown");
  });

  it("is Unknown to somebody whose time is over, and known to the next", async () => {
    let release: (report: StatusReport) => void = () => undefined;
    const { cache } = cacheOver([
      new Promise<StatusReport>(resolve => {
        release = resolve;
      }),
    ]);
    const controller = new AbortController();
    const impatient = cache.read(0, controller.signal);
    const patient = cache.read(0, long());
    controller.abort();
    expect((await impatient).report.daemon).toBe("Unknown");
    release(up());
    expect((await patient).report.daemon).toBe("Up");
  });
});
