import { existsSync } from "node:fs";
import { join } from "node:path";
import { agentStarter, Supervisor, type AgentProcess } from "../../../agent/entry/run";
import { ManualClock } from "./support/clock";
import { eventually, keepingLog, putProgram, temporaryFolder } from "./support/files";

/** Agents that live until the test ends them. */
function setUp() {
  const clock = new ManualClock();
  const started: { stopping: boolean; end: (code: number) => void; terminated: boolean }[] = [];
  const start = (stopping: boolean): AgentProcess => {
    const agent = { stopping, terminated: false, end: (_code: number) => undefined as void };
    started.push(agent);
    return {
      onEnd: callback => {
        agent.end = code => callback(`exit code ${code}`, code);
      },
      terminate: () => {
        agent.terminated = true;
      },
    };
  };
  const supervisor = new Supervisor({ clock, log: keepingLog(), start });
  const last = () => {
    const agent = started.at(-1);
    if (agent === undefined) throw new Error("nothing started");
    return agent;
  };
  return { clock, started, supervisor, last };
}

describe("the supervisor of the agent", () => {
  it("starts it again when it dies, each time after a longer pause", () => {
    const { clock, started, last } = setUp();
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      const before = started.length;
      last().end(1);
      clock.advance(pause - 1);
      expect(started).toHaveLength(before);
      clock.advance(1);
      expect(started).toHaveLength(before + 1);
    }
  });

  it("begins with the short pause again after one that had started well", () => {
    const { clock, started, last } = setUp();
    for (let i = 0; i < 6; i++) {
      last().end(1);
      clock.advance(5_000);
    }
    clock.advance(10_000);
    last().end(1);
    const before = started.length;
    clock.advance(100);
    expect(started).toHaveLength(before + 1);
  });

  it("ends the container when no agent starts well for five minutes", async () => {
    const { clock, supervisor, last } = setUp();
    let over = false;
    void supervisor.done.then(() => {
      over = true;
    });
    for (let i = 0; i < 90 && !over; i++) {
      last().end(1);
      clock.advance(5_000);
      await Promise.resolve();
    }
    await expect(supervisor.done).resolves.toBe(1);
  });

  it("passes SIGTERM on and ends with the agent", async () => {
    const { supervisor, last, started } = setUp();
    supervisor.stop();
    supervisor.stop();
    expect(last().terminated).toBe(true);
    last().end(0);
    await expect(supervisor.done).resolves.toBe(0);
    expect(started).toHaveLength(1);
  });

  it("starts one more agent, only to bring the database down, when SIGTERM comes in a pause", async () => {
    const { supervisor, last, started, clock } = setUp();
    last().end(1);
    supervisor.stop();
    expect(started.map(agent => agent.stopping)).toEqual([false, true]);
    last().end(0);
    await expect(supervisor.done).resolves.toBe(0);
    clock.advance(60_000);
    expect(started).toHaveLength(2);
  });
});

describe("a real agent process", () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  it("is told by SIGTERM, and its exit code is known", async () => {
    const file = putProgram(
      join(folder.path, "agent.cjs"),
      `process.on("SIGTERM", () => process.exit(process.argv[2] === "serve" ? 7 : 8)); setInterval(() => {}, 1000);
       require("fs").writeFileSync(${JSON.stringify(join(folder.path, "up"))}, "");`,
    );
    const agent = agentStarter([process.execPath, file])(false);
    const ended = new Promise<number>(resolve => agent.onEnd((_how, code) => resolve(code)));
    await eventually("its start", () => existsSync(join(folder.path, "up")));
    agent.terminate();
    await expect(ended).resolves.toBe(7);
  });

  it("that cannot be started has ended", async () => {
    const agent = agentStarter(["/none/node", "agent.cjs"])(false);
    const how = await new Promise<string>(resolve => agent.onEnd(resolve));
    expect(how).toContain("cannot be started");
  });
});
