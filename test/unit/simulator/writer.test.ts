import { spawn } from "node:child_process";
import { join } from "node:path";
import { Bed, eventually, put, SCHEMA, type Host } from "./support/bed";

interface Line {
  event?: string;
  acked: number;
  errors: number;
  lost: number;
  maxGapMs: number;
  gaps: unknown[];
}

describe("the client and the writer", () => {
  const bed = new Bed();
  let host: Host;
  let password: string;
  beforeAll(async () => {
    host = await bed.host();
    await host.load();
    const admin = await host.admin();
    await admin.run(...SCHEMA, "create table app.ticks (id number primary key)");
    admin.close();
    password = put(join(host.folder, "pwd"), "secret\n");
  });
  afterAll(() => bed.end());

  const options = (): string[] => [
    ...["--host", host.address, "--dsn", "sample", "--uid", "app", "--pwd-file", password],
    ...["--table", "app.ticks", "--ack-log", join(host.folder, "acks")],
  ];

  it("binds values by position and counts rows", async () => {
    const client = await host.client("app", "secret");
    expect((await client.execute("insert into t values (?, :v)", [1, "x"])).rowCount).toBe(1);
    expect((await client.execute("select v from t where k = ?", [1])).rows).toEqual([["x"]]);
    await expect(client.execute("insert into t values (?, ?)", [1, "again"])).rejects.toMatchObject({
      code: 907,
    });
    await client.autocommit(false);
    await client.execute("delete from t");
    await client.rollback();
    expect((await client.execute("select count(*) from t")).rows).toEqual([[1]]);
    client.close();
  });

  it("refuses a wrong password and an unknown database", async () => {
    await expect(host.client("app", "wrong")).rejects.toMatchObject({ code: 7001 });
    await expect(host.client("nobody", "secret")).rejects.toMatchObject({ code: 7001 });
  });

  it("goes on through the death of the database and tells the gap, and verification counts what was lost", async () => {
    const stop = join(host.folder, "stop");
    const args = [await bed.program(), "ttwriter", ...options(), "--interval-ms", "1", "--stop-file", stop];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", chunk => (output += String(chunk)));
    const lines = (): Line[] =>
      output
        .split("\n")
        .filter(line => line !== "")
        .map(line => JSON.parse(line) as Line);
    const count = async (): Promise<number> => {
      const admin = await host.admin();
      const rows = await admin.rows("select count(*) from app.ticks");
      admin.close();
      return Number(rows[0]?.[0]);
    };
    await eventually("commits", async () => (await count()) > 50);
    await host.kill((await host.pids()).subdaemon);
    await eventually("load", async () => (await host.run("ttAdmin", ["-ramLoad", "sample"])).code === 0);
    await eventually("commits again", () => lines().some(line => line.event === "gap"));
    put(stop, "");
    await new Promise(resolve => child.on("close", resolve));
    const summary = lines().find(line => line.event === "summary");
    expect(summary).toMatchObject({ event: "summary" });
    expect(summary?.gaps).toHaveLength(1);
    expect(summary?.maxGapMs).toBeGreaterThan(0);
    const verified = await new Promise<Line>(resolve => {
      const check = spawn(process.execPath, [args[0] ?? "", "ttwriter", "--verify", ...options()], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      check.stdout.on("data", chunk => (text += String(chunk)));
      check.on("close", () => resolve(JSON.parse(text) as Line));
    });
    expect(verified.acked).toBe(summary?.acked);
    expect(verified.acked - verified.lost).toBeLessThanOrEqual(await count());
  });
});
