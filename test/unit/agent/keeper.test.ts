import type { AgentProcess } from "../../../agent/entry/run";
import { GuardKeeper } from "../../../agent/guard/keeper";
import { ManualClock } from "./support/clock";
import { keepingLog } from "./support/files";

function setUp() {
  const clock = new ManualClock();
  const started: { end: () => void; terminated: boolean }[] = [];
  let lost = 0;
  const start = (): AgentProcess => {
    const guard = { end: () => undefined as void, terminated: false };
    started.push(guard);
    return {
      onEnd: callback => {
        guard.end = () => callback("signal SIGKILL", 1);
      },
      terminate: () => {
        guard.terminated = true;
      },
    };
  };
  const keeper = new GuardKeeper({ clock, log: keepingLog(), start, onLost: () => void (lost += 1) });
  return { clock, keeper, started, last: () => started[started.length - 1]!, lost: () => lost };
}

describe("the keeper of the guard", () => {
  it("starts a guard that dies again at once, however often that happens", () => {
    const { clock, started, last, lost } = setUp();
    for (let deaths = 1; deaths <= 20; deaths++) {
      clock.advance(1_500);
      last().end();
      clock.advance(0);
      expect(started).toHaveLength(deaths + 1);
    }
    expect(lost()).toBe(0);
  });

  it("gives up when for more than a second none has started well", () => {
    const { clock, started, last, lost } = setUp();
    clock.advance(10_000);
    for (let passed = 0; passed <= 1_000; passed += 100) {
      expect(lost()).toBe(0);
      last().end();
      clock.advance(100);
    }
    last().end();
    expect(lost()).toBe(1);
    const count = started.length;
    clock.advance(10_000);
    expect(started).toHaveLength(count);
    expect(lost()).toBe(1);
  });

  it("does not count a bad start against one that then lives", () => {
    const { clock, last, lost } = setUp();
    last().end();
    clock.advance(50);
    clock.advance(5_000);
    last().end();
    clock.advance(50);
    last().end();
    clock.advance(50);
    expect(lost()).toBe(0);
  });

  it("ends the guard with the container, and starts none after that", () => {
    const { clock, keeper, started, last } = setUp();
    keeper.stop();
    expect(last().terminated).toBe(true);
    last().end();
    clock.advance(10_000);
    expect(started).toHaveLength(1);
  });
});
