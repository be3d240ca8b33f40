import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { IsqlSession } from "../../../agent/timesten/isql";
import { parseRows } from "../../../agent/timesten/parse/isql";
import { eventually, put, putProgram, temporaryFolder } from "./support/files";

const folder = temporaryFolder();
afterAll(folder.remove);

/** Answers as ttIsql does behind a pipe: prompts, rows, counts, errors. `starts` counts its lives. */
const file = putProgram(
  join(folder.path, "ttIsql"),
  `const fs = require("fs");
   const starts = ${JSON.stringify(join(folder.path, "starts"))};
   fs.appendFileSync(starts, process.pid + "\\n");
   console.log('connect "DSN=sample";');
   let connected = !fs.existsSync(${JSON.stringify(join(folder.path, "refuse"))});
   console.log(connected ? "Connection successful: DSN=sample;\\n(Default setting AutoCommit=1)"
     : "707: Attempt to connect to a data store that has been manually unloaded from RAM\\nThe command failed.");
   process.stdout.write("Command> ");
   require("readline").createInterface({ input: process.stdin }).on("line", line => {
     const text = line.trim().replace(/;$/, "");
     const marker = /^select '(.*)' from dual$/.exec(text);
     if (text === "quit") process.exit(0);
     else if (text === "hang") while (true);
     else if (text === "die") process.exit(7);
     else if (text === "leave a child") {
       require("child_process").spawn("sleep", ["20"], { stdio: ["ignore", 1, 2] });
       process.exit(7);
     }
     else if (!connected) console.log("Not connected\\nThe command failed.");
     else if (marker) console.log("< " + marker[1] + " >\\n1 row found.");
     else if (text === "lost") { connected = false; console.log("994: Database connection terminated.\\nThe command failed."); }
     else if (text === "bad") console.log("2206: Table T not found\\nThe command failed.");
     else if (text === "many") console.log("< 1 >\\n< 2 >\\n2 rows found.");
     else console.log("< " + text + " >\\n1 row found.");
     process.stdout.write("Command> ");
   });`,
);

const starts = () => readFileSync(join(folder.path, "starts"), "utf8").trim().split("\n").length;
const soon = () => AbortSignal.timeout(10_000);

function session() {
  const lost: string[] = [];
  const isql = new IsqlSession({
    file,
    args: ["-connStr", "DSN=sample"],
    env: process.env,
    cwd: folder.path,
    onLost: reason => lost.push(reason),
  });
  return {
    isql,
    lost,
    ask: async (text: string, signal = soon()) => parseRows(await isql.execute(text, signal)),
  };
}

describe("a ttIsql that stays connected", () => {
  it("answers one statement after the other over one connection", async () => {
    const { isql, ask } = session();
    await expect(ask("a")).resolves.toEqual([["a"]]);
    const before = starts();
    await expect(Promise.all([ask("b"), ask("many"), ask("c;")])).resolves.toEqual([
      [["b"]],
      [["1"], ["2"]],
      [["c"]],
    ]);
    expect(starts()).toBe(before);
    await isql.stop();
    expect(isql.pid).toBeNull();
  });

  it("passes TimesTen's error on and stays connected", async () => {
    const { isql, ask, lost } = session();
    await expect(ask("bad")).rejects.toMatchObject({ number: 2206, message: "TT2206: Table T not found" });
    await expect(ask("a")).resolves.toEqual([["a"]]);
    expect(lost).toEqual([]);
    await isql.stop();
  });

  it("connects anew after the database was lost", async () => {
    const { isql, ask, lost } = session();
    await expect(ask("lost")).rejects.toMatchObject({ number: 994 });
    expect(lost).toEqual(["TT994: Database connection terminated."]);
    await expect(ask("a")).resolves.toEqual([["a"]]);
    await isql.stop();
  });

  it("is killed when a statement hangs, and the next statement gets a new one", async () => {
    const { isql, ask, lost } = session();
    await ask("a");
    const controller = new AbortController();
    const hanging = ask("hang", controller.signal);
    const behind = ask("b");
    controller.abort();
    await expect(hanging).rejects.toThrow("no answer in time");
    await expect(behind).rejects.toThrow();
    expect(lost).toHaveLength(1);
    await expect(ask("c")).resolves.toEqual([["c"]]);
    await isql.stop();
  });

  it("drops a statement whose time is over while it waits, and nothing else", async () => {
    const { isql, ask } = session();
    await ask("a");
    const controller = new AbortController();
    const [first, second, third] = [ask("b"), ask("c", controller.signal), ask("d")];
    controller.abort();
    await expect(second).rejects.toThrow("no answer in time");
    await expect(first).resolves.toEqual([["b"]]);
    await expect(third).resolves.toEqual([["d"]]);
    await isql.stop();
  });

  it("fails with TimesTen's words when it cannot connect", async () => {
    put(join(folder.path, "refuse"), "");
    const { isql, ask } = session();
    const failure = ask("a");
    await expect(failure).rejects.toMatchObject({ number: 707 });
    rmSync(join(folder.path, "refuse"));
    await expect(ask("a")).resolves.toEqual([["a"]]);
    await isql.stop();
  });

  it("says so when it ended, also between two statements", async () => {
    const { isql, ask, lost } = session();
    await expect(ask("die")).rejects.toThrow("ttIsql ended");
    await ask("a");
    process.kill(isql.pid ?? 0, "SIGKILL");
    await eventually("its end", () => lost.length === 2);
    await expect(ask("b")).resolves.toEqual([["b"]]);
    await isql.stop();
  });

  it("is let go also when it has ended already and something else holds its output open", async () => {
    for (const end of ["stop", "kill"] as const) {
      const { isql, ask } = session();
      await ask("a");
      const { pid } = isql;
      const asked = ask("leave a child").catch(String);
      await eventually("its end", () => !existsSync(`/proc/${pid}`));
      await isql[end]();
      await expect(asked).resolves.toContain("the connection was");
    }
  });

  it("cannot be started when it is not there", async () => {
    const isql = new IsqlSession({
      file: "/none/ttIsql",
      args: [],
      env: {},
      cwd: "/",
      onLost: () => undefined,
    });
    await expect(isql.execute("a", soon())).rejects.toThrow("cannot run ttIsql");
  });

  it("takes a statement of several lines as one", async () => {
    const { isql, ask } = session();
    await expect(ask("one\n  two ;\n")).resolves.toEqual([["one two"]]);
    await isql.stop();
  });
});
