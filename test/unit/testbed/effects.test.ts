/** The small effects: sockets, processes, waiting. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openForward, serveForward } from "../../../testbed/forward";
import { kubeconfig, readKubeconfig } from "../../../testbed/kube";
import { isAlive, killFor, launch, must, run, startTime, which } from "../../../testbed/process";
import { ask, serveCalls, type HubCalls } from "../../../testbed/rpc";
import { DeadlineError, FatalError, waitFor } from "../../../testbed/wait";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "effects-"))));
afterEach(() => rmSync(dir, { recursive: true }));

describe("waiting", () => {
  test("gives the first value that is there, whatever failed before", async () => {
    let looks = 0;
    const look = (): number | undefined => {
      looks++;
      if (looks === 1) throw new Error("not yet");
      return looks === 3 ? looks : undefined;
    };
    expect(await waitFor("a value", look, { timeoutMs: 5_000, everyMs: 1 })).toBe(3);
  });

  test("ends with what was waited for and the last fault", async () => {
    const look = (): never => {
      throw new Error("refused");
    };
    const waited = waitFor("the server", look, { timeoutMs: 5, everyMs: 1 });
    await expect(waited).rejects.toThrow(DeadlineError);
    await expect(waited).rejects.toThrow(/the server: not after .* \(refused\)/);
  });

  test("ends at once when no waiting will help", async () => {
    const look = (): never => {
      throw new FatalError("it has ended");
    };
    await expect(waitFor("it", look, { timeoutMs: 60_000 })).rejects.toThrow("it has ended");
  });
});

describe("a forward", () => {
  test("carries both directions to the address it was opened for, also after one side has finished", async () => {
    const echo = createServer({ allowHalfOpen: true }, socket => {
      let heard = "";
      socket.on("data", part => (heard += part.toString()));
      socket.on("end", () => socket.end(heard.toUpperCase()));
    });
    await new Promise<void>(done => echo.listen(0, "127.0.0.1", done));
    const inside = await serveForward(join(dir, "s"));
    const forward = await openForward(join(dir, "s"), `127.0.0.1:${(echo.address() as AddressInfo).port}`);
    try {
      const text = "x".repeat(300_000);
      const answer = await new Promise<string>((done, fail) => {
        const socket = connect({ host: "127.0.0.1", port: forward.port, allowHalfOpen: true }, () =>
          socket.end(text),
        );
        let got = "";
        socket.on("data", part => (got += part.toString()));
        socket.once("end", () => done(got)).once("error", fail);
      });
      expect(answer).toBe(text.toUpperCase());
    } finally {
      forward.close();
      inside.close();
      echo.close();
    }
  });

  test("ends the connection when nobody listens there", async () => {
    const inside = await serveForward(join(dir, "s"));
    const forward = await openForward(join(dir, "s"), "127.0.0.1:1");
    try {
      await new Promise<void>(done => {
        const socket = connect(forward.port, "127.0.0.1");
        socket.on("error", () => undefined).once("close", () => done());
      });
    } finally {
      forward.close();
      inside.close();
    }
  });
});

describe("calls to the hub", () => {
  test("come back with the answer, or throw with the hub's words", async () => {
    const path = join(dir, "s");
    const calls = {
      remove: async ({ node }: { node: number }) => {
        if (node !== 1) throw new Error(`there is no node ${node}`);
        return null;
      },
    } as unknown as HubCalls;
    const server = await serveCalls(path, calls);
    try {
      expect(await ask(path, "remove", { node: 1 })).toBeNull();
      await expect(ask(path, "remove", { node: 7 })).rejects.toThrow("there is no node 7");
      await expect(ask(path, "toString" as never, {} as never)).rejects.toThrow("no such call");
    } finally {
      server.close();
    }
    await expect(ask(path, "remove", { node: 1 })).rejects.toThrow("does not answer");
  });
});

describe("processes", () => {
  test("what a command says is kept, and its failure is told in its own words", async () => {
    expect(await run("sh", ["-c", "cat; echo no >&2; exit 3"], { input: "yes" })).toEqual({
      code: 3,
      stdout: "yes",
      stderr: "no\n",
    });
    await expect(must("sh", ["-c", "echo broken >&2; exit 1"])).rejects.toThrow("exit 1: broken");
    await expect(run(join(dir, "nothing"), [])).rejects.toThrow("ENOENT");
  });

  test("a command that does not end is ended", async () => {
    const result = await run("sleep", ["600"], { timeoutMs: 20 });
    expect(result.code).toBe(128);
    expect(result.stderr).toContain("SIGKILL");
  });

  test("one that ignores SIGTERM is killed after its grace", async () => {
    const proc = launch({
      name: "stubborn",
      command: "sh",
      args: ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
      logFile: join(dir, "log"),
    });
    await waitFor("its start", () => (proc.child.pid === undefined ? undefined : true), { timeoutMs: 5_000 });
    await proc.stop(50);
    expect(proc.alive()).toBe(false);
  });

  test("a process is not taken for a later one with its number", async () => {
    const child = spawn("sleep", ["600"]);
    const pid = child.pid ?? 0;
    const start = startTime(pid) ?? "";
    expect(isAlive({ pid, start })).toBe(true);
    expect(isAlive({ pid, start: "1" })).toBe(false);
    await killFor({ pid, start: "1" });
    expect(isAlive({ pid, start })).toBe(true);
    await killFor({ pid, start });
    expect(isAlive({ pid, start })).toBe(false);
  });

  test("programs are found on the PATH and in the sbin folders", () => {
    expect(which("sh")).toMatch(/\/sh$/);
    expect(which("no-such-program-anywhere")).toBeUndefined();
  });
});

test("a kubeconfig is read as it was written", () => {
  const endpoint = { server: "https://127.0.0.1:6443", ca: "CA\n", cert: "CERT\n", key: "KEY\n" };
  expect(readKubeconfig(kubeconfig("dev", endpoint))).toEqual(endpoint);
});
