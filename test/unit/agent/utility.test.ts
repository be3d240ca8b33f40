import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TimesTenError } from "../../../agent/timesten/errors";
import { statOf } from "../../../agent/timesten/procfs";
import { runChecked, runUtility } from "../../../agent/timesten/utility";
import { eventually, putProgram, temporaryFolder } from "./support/files";

const folder = temporaryFolder();
afterAll(folder.remove);

const options = (signal = AbortSignal.timeout(10_000)) => ({ signal, env: process.env, cwd: folder.path });
const program = (name: string, body: string) => putProgram(join(folder.path, name), body);

describe("a utility", () => {
  it("gives its output and its exit code", async () => {
    const file = program("ttOne", `console.log("out"); console.error("err"); process.exitCode = 3;`);
    await expect(runUtility(file, [], options())).resolves.toEqual({
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("gets its arguments as they are: nothing is a shell's business", async () => {
    const file = program("ttArgs", `console.log(JSON.stringify(process.argv.slice(2)));`);
    const args = ["$(touch /tmp/x)", "a b", "`id`", ";", "'\""];
    const { stdout } = await runUtility(file, args, options());
    expect(JSON.parse(stdout)).toEqual(args);
  });

  it("reads what is written to it, so that a password needs no argument", async () => {
    const file = program("ttAsk", `process.stdin.on("data", d => console.log(String(d).trim().length));`);
    const { stdout } = await runUtility(file, [], { ...options(), stdin: "secret\n" });
    expect(stdout).toBe("6\n");
  });

  it("fails with TimesTen's own words", async () => {
    const file = program(
      "ttBad",
      `console.error('*** [TimesTen][TimesTen 18.1 ODBC Driver][TimesTen]TT8191: No scheme -- file "a.c", lineno 1'); process.exitCode = 1;`,
    );
    const failure = await runChecked(file, [], options()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TimesTenError);
    expect(failure).toMatchObject({ number: 8191, message: "TT8191: No scheme" });
  });

  it("that is not there is an error, not a crash", async () => {
    await expect(runUtility(join(folder.path, "ttNone"), [], options())).rejects.toThrow("cannot run ttNone");
  });

  it("that hangs is killed with all it started, when its time is over", async () => {
    const pids = join(folder.path, "pids");
    const file = program(
      "ttHang",
      `const { spawn } = require("child_process");
       const child = spawn("sleep", ["600"], { stdio: "ignore" });
       require("fs").writeFileSync(${JSON.stringify(pids)}, process.pid + " " + child.pid);
       process.on("SIGTERM", () => {});
       setInterval(() => {}, 1000);`,
    );
    const controller = new AbortController();
    const running = runUtility(file, [], options(controller.signal));
    running.catch(() => undefined);
    const both = () => {
      try {
        return readFileSync(pids, "utf8").split(" ").map(Number);
      } catch {
        return [];
      }
    };
    await eventually("both processes", () => both().length === 2);
    controller.abort();
    await expect(running).rejects.toThrow("did not end in its time");
    await eventually("their end", () => both().every(pid => statOf(pid) === null));
  });

  it("that leaves its output open to a daemon is over when it has ended itself", async () => {
    const file = program(
      "ttDaemonize",
      `const child = require("child_process").spawn("sleep", ["600"], { stdio: ["ignore", "inherit", "inherit"], detached: true });
       child.unref(); console.log(child.pid); process.exit(0);`,
    );
    const { code, stdout } = await runUtility(file, [], options());
    expect(code).toBe(0);
    process.kill(Number(stdout), "SIGKILL");
  });

  it("that floods its output is read to the end, and little of it is kept", async () => {
    const file = program("ttFlood", `process.stdout.write("x".repeat(3_000_000));`);
    const { code, stdout } = await runUtility(file, [], options());
    expect(code).toBe(0);
    expect(stdout.length).toBeLessThanOrEqual(256 * 1024);
  });
});
