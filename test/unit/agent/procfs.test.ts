import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import {
  environmentOf,
  formatProcesses,
  isAlive,
  kill,
  parseProcesses,
  parseStat,
  statOf,
} from "../../../agent/timesten/procfs";
import { watchProcesses } from "../../../agent/timesten/processes";
import { eventually } from "./support/files";

const line = (state: string, name = "timestend") =>
  `4711 (${name}) ${state} 1 4700 4700 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1 1\n`;

describe("a process in /proc", () => {
  it("is named by its id and start time", () => {
    expect(parseStat(line("S"))).toEqual({ pid: 4711, startTime: "987654", name: "timestend", group: 4700 });
  });

  it("may have blanks and parentheses in its name", () => {
    expect(parseStat(line("R", "a) S (b 1 2"))).toMatchObject({
      pid: 4711,
      startTime: "987654",
      name: "a) S (b 1 2",
    });
  });

  it("is dead when it is a zombie", () => {
    expect(parseStat(line("Z"))).toBeNull();
    expect(parseStat(line("X"))).toBeNull();
  });

  it("is null for garbage", () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const found = parseStat(text);
        expect(found === null || found.pid > 0).toBe(true);
      }),
    );
  });

  it("survives being written down", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 4_000_000 }), { maxLength: 8 }), pids => {
        const processes = pids.map(pid => ({ pid, startTime: String(pid * 3) }));
        expect(parseProcesses(formatProcesses(processes))).toEqual(processes.sort((a, b) => a.pid - b.pid));
      }),
    );
  });
});

describe("a process that runs", () => {
  it("is seen with its environment, and its kill is noticed", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
      env: { ...process.env, TIMESTEN_HOME: "/some/instance" },
    });
    const stat = statOf(child.pid ?? 0);
    if (stat === null) throw new Error("not started");
    await eventually("its environment", () => environmentOf(stat.pid, "TIMESTEN_HOME") === "/some/instance");
    let ends = 0;
    const unwatch = watchProcesses(formatProcesses([stat]), () => {
      ends += 1;
    });
    expect(isAlive(stat)).toBe(true);
    const exit = once(child, "exit");
    kill(stat);
    await exit;
    await eventually("the watcher's word", () => ends === 1);
    expect(isAlive(stat)).toBe(false);
    unwatch();
  });

  it("is missed within 100 ms of its death", async () => {
    const delays: number[] = [];
    for (let i = 0; i < 5; i++) {
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      const stat = statOf(child.pid ?? 0);
      if (stat === null) throw new Error("not started");
      let noticedAt = 0;
      watchProcesses(formatProcesses([stat]), () => {
        noticedAt = performance.now();
      });
      const killedAt = performance.now();
      kill(stat);
      await eventually("the word", () => noticedAt > 0);
      delays.push(noticedAt - killedAt);
    }
    // The best of five: a busy machine may hold up any single one.
    expect(Math.min(...delays)).toBeLessThan(100);
  });

  it("is not killed when the id belongs to somebody else", () => {
    const own = statOf(process.pid);
    if (own === null) throw new Error("no own process");
    kill({ pid: own.pid, startTime: `${own.startTime}0` });
    expect(isAlive(own)).toBe(true);
  });

  it("is not missed when it was gone before the watching began", async () => {
    let ended = false;
    watchProcesses("1:0", () => {
      ended = true;
    });
    await eventually("the word", () => ended);
  });
});
