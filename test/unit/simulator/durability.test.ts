import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { Bed, eventually, isAlive, SCHEMA, type Host } from "./support/bed";

const keys = async (host: Host): Promise<number[]> => {
  const admin = await host.admin();
  const rows = await admin.rows("select k from app.t order by k");
  admin.close();
  return rows.map(([k]) => Number(k));
};

describe("a killed database", () => {
  const bed = new Bed();
  let host: Host;
  beforeAll(async () => {
    host = await bed.host();
    await host.load();
    const admin = await host.admin();
    await admin.run(...SCHEMA);
    admin.close();
  });
  afterAll(() => bed.end());

  /** Loads again what has been killed. */
  const reload = async (): Promise<void> => {
    await eventually(
      "end of the old process",
      async () => !(await host.ok("ttStatus")).includes("Subdaemon"),
    );
    await host.ok("ttAdmin", ["-ramLoad", "sample"]);
  };

  it("has lost the acknowledged commits whose log was not yet written: TimesTen's default is not durable", async () => {
    let next = 1;
    const lost = await eventually("a lost commit", async () => {
      const { subdaemon } = await host.pids();
      const admin = await host.admin();
      await admin.run(`insert into app.t values (${next}, 'durable')`, "call ttDurableCommit");
      await admin.run(`insert into app.t values (${next + 1}, 'acknowledged')`);
      await host.kill(subdaemon);
      await reload();
      const there = await keys(host);
      expect(there).toContain(next);
      const missing = !there.includes(next + 1);
      next += 2;
      return missing;
    });
    expect(lost).toBe(true);
  });

  it("has kept every commit that was acknowledged with DurableCommits=1", async () => {
    const { subdaemon } = await host.pids();
    const admin = await host.admin("DSN=sample;DurableCommits=1");
    await admin.run("insert into app.t values (101, 'durable')", "insert into app.t values (102, 'durable')");
    await host.kill(subdaemon);
    await reload();
    expect(await keys(host)).toEqual(expect.arrayContaining([101, 102]));
  });

  it("rolls back what was not committed", async () => {
    const { subdaemon } = await host.pids();
    const admin = await host.admin();
    await admin.autocommit(false);
    await admin.run("insert into app.t values (201, 'open')", "call ttDurableCommit");
    await host.kill(subdaemon);
    await reload();
    expect(await keys(host)).not.toContain(201);
  });

  it("ends its clients' connections, and the daemon says so", async () => {
    const { subdaemon } = await host.pids();
    const client = await host.client("ttagent", "agentpw");
    // The tests before have killed it as well.
    const told = (): number => host.messages().split("data store invalidated").length;
    const before = told();
    await host.kill(subdaemon);
    await expect(client.execute("select 1 from dual")).rejects.toMatchObject({ code: 47137 });
    await eventually("message", () => told() > before);
    await expect(host.admin()).rejects.toMatchObject({ code: 707 });
    await reload();
  });

  it("dies with its daemon, and is recovered after the daemon's restart", async () => {
    const { daemon, subdaemon } = await host.pids();
    const admin = await host.admin();
    await admin.run("insert into app.t values (301, 'kept')", "call ttDurableCommit");
    await host.kill(daemon);
    await eventually("end of the subdaemon", () => !isAlive(subdaemon));
    expect((await host.run("ttStatus")).code).not.toBe(0);
    await host.ok("ttDaemonAdmin", ["-start"]);
    await host.ok("ttAdmin", ["-ramLoad", "sample"]);
    expect(await keys(host)).toContain(301);
  });

  it("survives a torn end of its log", async () => {
    const { subdaemon } = await host.pids();
    const admin = await host.admin();
    await admin.run("insert into app.t values (401, 'kept')", "call ttDurableCommit");
    await host.kill(subdaemon);
    const log = readdirSync(dirname(host.dataStore))
      .filter(name => name.startsWith("sample.log"))
      .sort()
      .at(-1);
    appendFileSync(`${dirname(host.dataStore)}/${log}`, Buffer.from("half of a record"));
    await reload();
    expect(await keys(host)).toContain(401);
    const after = await host.admin();
    await after.run("insert into app.t values (402, 'behind it')");
    after.close();
  });

  it("recovers definitions, users, sequences and tables without a key as they were committed", async () => {
    const admin = await host.admin();
    await admin.run(
      "create table app.heap (v varchar2(10))",
      "insert into app.heap values ('a')",
      "insert into app.heap values ('b')",
      "update app.heap set v = 'c' where v = 'b'",
      "create sequence app.s start with 5",
      "alter table app.t add (extra number)",
      "create user late identified by 'Secret2'",
      "grant create session to late",
    );
    expect(await admin.rows("select app.s.nextval from dual")).toEqual([[5]]);
    await admin.run("call ttDurableCommit");
    await host.kill((await host.pids()).subdaemon);
    await reload();
    const after = await host.admin();
    expect(await after.rows("select v from app.heap order by v")).toEqual([["a"], ["c"]]);
    expect(await after.rows("select app.s.nextval from dual")).toEqual([[6]]);
    expect(await after.rows("select extra from app.t where k = 401")).toEqual([[null]]);
    after.close();
    (await host.client("late", "Secret2")).close();
  });

  it("keeps everything on a clean stop of the daemon", async () => {
    const admin = await host.admin();
    await admin.run("insert into app.t (k) values (501)");
    admin.close();
    await eventually("disconnect", async () => !(await host.ok("ttStatus")).includes("\nProcess "));
    await host.ok("ttDaemonAdmin", ["-stop"]);
    expect(existsSync(`${host.dataStore}.lock`)).toBe(false);
    await host.ok("ttDaemonAdmin", ["-start"]);
    await host.ok("ttAdmin", ["-ramLoad", "sample"]);
    expect(await keys(host)).toContain(501);
  });
});
