/** The static helper that holds processes, and what takes its place where it is not. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { holdProcesses, type ProcessHolder } from "../../../agent/helper";
import { formatProcesses, statOf } from "../../../agent/timesten/procfs";
import { eventually, keepingLog, putProgram, temporaryFolder } from "./support/files";

const folder = temporaryFolder();
const helper = execFileSync(join(__dirname, "../../../scripts/build-go.sh"), ["agent/helper", "tthelper"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
}).trim();
const children: ChildProcess[] = [];
const holders: ProcessHolder[] = [];

afterAll(() => {
  holders.forEach(holder => holder.stop());
  children.forEach(child => child.kill("SIGKILL"));
  folder.remove();
});

/** A process that lives until it is killed. */
function sleeper(): { child: ChildProcess; name: string } {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  children.push(child);
  const stat = statOf(child.pid ?? 0);
  if (stat === null) throw new Error("no process");
  return { child, name: formatProcesses([stat]) };
}

function hold(file: string) {
  const log = keepingLog();
  const holder = holdProcesses(file, log);
  holders.push(holder);
  return { holder, log };
}

describe.each([
  ["by the helper", helper],
  ["by looking at /proc, where there is no helper", join(folder.path, "nothing")],
])("processes held %s", (_, file) => {
  it("are gone when the last of them has ended, and not before", async () => {
    const { holder } = hold(file);
    const [a, b] = [sleeper(), sleeper()];
    let gone = 0;
    holder.watch(`${a.name},${b.name}`, () => {
      gone += 1;
    });
    a.child.kill("SIGKILL");
    await once(a.child, "exit");
    let other = false;
    holder.watch(a.name, () => {
      other = true;
    });
    await eventually("the end of one", () => other);
    expect(gone).toBe(0);
    b.child.kill("SIGKILL");
    await eventually("the end of both", () => gone > 0);
    expect(gone).toBe(1);
  });

  it("are gone at once when the id belongs to another process by now", async () => {
    const { holder } = hold(file);
    const { child } = sleeper();
    let gone = false;
    holder.watch(`${child.pid}:1`, () => {
      gone = true;
    });
    await eventually("the end", () => gone);
    await holder.kill(`${child.pid}:1`);
    expect(statOf(child.pid ?? 0)).not.toBeNull();
  });

  it("are never gone when their names cannot be read", async () => {
    const { holder } = hold(file);
    let told = false;
    for (const name of ["", "x", "12", "1:2,", "7:x"]) {
      holder.watch(name, () => {
        told = true;
      });
    }
    const { child, name } = sleeper();
    let other = false;
    holder.watch(name, () => {
      other = true;
    });
    child.kill("SIGKILL");
    await eventually("another's end", () => other);
    expect(told).toBe(false);
  });

  it("are killed, all of them", async () => {
    const { holder } = hold(file);
    const [a, b] = [sleeper(), sleeper()];
    // One that is stopped cannot refuse either.
    a.child.kill("SIGSTOP");
    await holder.kill(`${a.name},${b.name}`);
    await eventually(
      "both dead",
      () => statOf(a.child.pid ?? 0) === null && statOf(b.child.pid ?? 0) === null,
    );
  });

  it("are not told of once nobody watches any more", async () => {
    const { holder } = hold(file);
    const { child, name } = sleeper();
    let told = false;
    const unwatch = holder.watch(name, () => {
      told = true;
    });
    unwatch();
    let other = false;
    holder.watch(name, () => {
      other = true;
    });
    child.kill("SIGKILL");
    await eventually("the other watcher", () => other);
    expect(told).toBe(false);
  });
});

describe("a helper", () => {
  it("that dies is started again, and nobody's end is missed meanwhile", async () => {
    const { holder, log } = hold(helper);
    const [a, b] = [sleeper(), sleeper()];
    const gone: string[] = [];
    holder.watch(a.name, () => void gone.push("a"));
    holder.watch(b.name, () => void gone.push("b"));
    await eventually("the helper", () => log.lines.some(line => line.includes("the helper holds")));
    // The youngest is ours.
    const [pid] = execFileSync("pgrep", ["-P", String(process.pid), "-n", "tthelper"], {
      encoding: "utf8",
    }).split("\n");
    process.kill(Number(pid), "SIGKILL");
    await eventually("the news of it", () => log.lines.some(line => line.includes("helper ended")));
    a.child.kill("SIGKILL");
    await eventually("the first end", () => gone.includes("a"));
    const ready = () => log.lines.filter(line => line.includes("the helper holds")).length;
    await eventually("another helper", () => ready() === 2);
    b.child.kill("SIGKILL");
    await eventually("the second end", () => gone.includes("b"));
    expect(gone).toEqual(["a", "b"]);
  });

  it("that cannot run here is replaced by looks at /proc, and the log says so", async () => {
    const broken = putProgram(join(folder.path, "broken"), "process.exit(1)");
    const { holder, log } = hold(broken);
    const { child, name } = sleeper();
    let gone = false;
    holder.watch(name, () => {
      gone = true;
    });
    child.kill("SIGKILL");
    await eventually("the end", () => gone);
    await eventually("the word", () => log.lines.some(line => line.includes("looked at")));
  });

  it("tells both clocks as this process reads them", async () => {
    const child = spawn(helper, [], { stdio: ["pipe", "pipe", "ignore"] });
    children.push(child);
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    const before = Number(process.hrtime.bigint()) / 1e6;
    child.stdin.end(`{"op":"clocks","id":"1"}\nrubbish\n{"op":"dance","id":"2"}\n`);
    await once(child, "close");
    const after = Number(process.hrtime.bigint()) / 1e6;
    const events = said
      .trim()
      .split("\n")
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(event => event["event"])).toEqual(["ready", "clocks", "failed", "failed"]);
    expect(Number(events[1]?.["monotonicMs"])).toBeGreaterThanOrEqual(before);
    expect(Number(events[1]?.["monotonicMs"])).toBeLessThanOrEqual(after);
    expect(Number(events[1]?.["boottimeMs"])).toBeGreaterThanOrEqual(
      Number(events[1]?.["monotonicMs"]) - 1_000,
    );
  });
});
