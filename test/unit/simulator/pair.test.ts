import {
  Bed,
  eventually,
  joinAsStandby,
  makePair,
  pairStatement,
  SCHEMA,
  type Admin,
  type Host,
} from "./support/bed";

const count = async (admin: Admin): Promise<number> =>
  Number((await admin.rows("select count(*) from app.t"))[0]?.[0]);

describe("an active standby pair", () => {
  const bed = new Bed();
  let active: Host;
  let standby: Host;
  let writer: Admin;
  beforeAll(async () => {
    [active, standby] = await makePair(bed);
    writer = await active.admin();
  }, 60_000);
  afterAll(() => bed.end());

  it("has one ACTIVE and one STANDBY and lists the scheme", async () => {
    expect([await active.state(), await standby.state()]).toEqual(["ACTIVE", "STANDBY"]);
    const text = await standby.ok("ttIsql", ["-v1", "-e", "repschemes; quit", "sample"]);
    expect(text).toContain("Replication Scheme Active Standby:");
    expect(text).toContain(`  Master Store: SAMPLE on ${active.address}\n`);
    expect(text).toContain("1 replication scheme found.");
  });

  it("replicates rows, definitions, users and sequences", async () => {
    await writer.run(
      "insert into app.t values (1, 'one')",
      "update app.t set v = 'ONE' where k = 1",
      "create table app.u (a number not null, b number not null, primary key (a, b))",
      "insert into app.u values (1, 2)",
      "create sequence app.s",
      "create user extra identified by 'pw3'",
      "grant create session to extra",
    );
    await active.ok("ttRepAdmin", ["-wait", "-timeout", "20", "sample"]);
    const reader = await standby.admin();
    expect(await reader.rows("select v from app.t")).toEqual([["ONE"]]);
    expect(await reader.rows("select a, b from app.u")).toEqual([[1, 2]]);
    reader.close();
    (await standby.client("extra", "pw3")).close();
  });

  it("refuses changes on the standby", async () => {
    const text = await standby.ok("ttIsql", [
      "-v1",
      "-e",
      "insert into app.t values (9, 'no'); create table app.w (k number primary key); quit",
      "sample",
    ]);
    expect(text).toBe(
      "16265: This database is currently the STANDBY.  Change to APP.T not permitted.\nThe command failed.\n" +
        "16265: This database is currently the STANDBY.  Change to APP.W not permitted.\nThe command failed.\n",
    );
  });

  it("demands a primary key of new tables", async () => {
    await expect(writer.run("create table app.heap (v number)")).rejects.toMatchObject({ code: 17061 });
    await expect(writer.run("select * from app.heap")).rejects.toMatchObject({ code: 2206 });
  });

  it("shows its receivers and its agents", async () => {
    const list = await active.ok("ttRepAdmin", ["-receiver", "-list", "sample"]);
    expect(list).toMatch(/^Peer name +Host name +Port +State +Proto$/m);
    expect(list).toMatch(new RegExp(`^SAMPLE +${standby.address} +4444 Start +42$`, "m"));
    const status = await active.ok("ttRepAdmin", ["-showstatus", "sample"]);
    expect(status).toMatch(/^Process ID +: \d+ \(Started\)$/m);
    expect(status).toMatch(/^RepListener Port +: 4444$/m);
    expect(await active.ok("ttStatus")).toContain("Replication agent is running.");
    const [row] = await writer.rows("call ttReplicationStatus");
    expect(row?.slice(0, 5)).toEqual(["SAMPLE", standby.address, 4444, "start", 1]);
    expect(await active.ok("ttRepAdmin", ["-bookmark", "sample"])).toContain("Replication hold LSN");
  });

  it("refuses what is not legal in its state", async () => {
    const args = [
      "-duplicate",
      "-from",
      "sample",
      "-host",
      standby.address,
      "-uid",
      "ttagent",
      "-pwd",
      "agentpw",
    ];
    const other = await bed.host();
    await other.create();
    await other.ok("ttDaemonAdmin", ["-start"]);
    expect((await other.run("ttRepAdmin", [...args, "sample"])).stderr).toContain("TT8143");
    args[4] = active.address;
    args[8] = "wrong";
    expect((await other.run("ttRepAdmin", [...args, "sample"])).stderr).toContain("TT7001");
    const peer = await standby.admin();
    await expect(peer.run("call ttRepStateSet('ACTIVE')")).rejects.toMatchObject({ code: 8141 });
    await expect(
      peer.run(`call ttRepStateSave('FAILED', 'sample', '${active.address}')`),
    ).rejects.toMatchObject({ code: 8062 });
    await expect(writer.run("call ttRepStart")).rejects.toMatchObject({ code: 12026 });
    await expect(writer.run("drop active standby pair")).rejects.toMatchObject({ code: 5245 });
    await expect(writer.run("call ttNonsense")).rejects.toMatchObject({ code: 2801 });
    peer.close();
  });

  it("lets a standby that was killed catch up from the active's log", async () => {
    const { subdaemon } = await standby.pids();
    await standby.kill(subdaemon);
    for (let k = 100; k < 150; k += 1) await writer.run(`insert into app.t values (${k}, 'meanwhile')`);
    await eventually("load", async () => (await standby.run("ttAdmin", ["-ramLoad", "sample"])).code === 0);
    expect(await standby.state()).toBe("IDLE");
    const reader = await standby.admin();
    await reader.run("call ttRepStart");
    await eventually("STANDBY", async () => (await reader.rows("call ttRepStateGet"))[0]?.[0] === "STANDBY");
    expect(await count(reader)).toBe(await count(writer));
    reader.close();
  });

  it("loses on failover exactly what had not been sent: acknowledged is not replicated", async () => {
    const reader = await standby.admin();
    await reader.run("call ttRepStop");
    await writer.run("insert into app.t values (200, 'acknowledged')");
    const { subdaemon } = await active.pids();
    await active.kill(subdaemon);
    await reader.run(
      "call ttRepStateSet('ACTIVE')",
      `call ttRepStateSave('FAILED', 'sample', '${active.address}')`,
      "call ttRepStart",
    );
    expect(await reader.rows("select count(*) from app.t where k = 200")).toEqual([[0]]);
    await reader.run("insert into app.t values (201, 'on the new active')");
    reader.close();
    [active, standby] = [standby, active];
    writer = await active.admin();
  });

  it("tells a former active that it was declared FAILED, and takes it back by a duplicate", async () => {
    await standby.ok("ttAdmin", ["-ramLoad", "sample"]);
    const former = await standby.admin();
    expect(await former.rows("call ttRepStateGet")).toEqual([["IDLE"]]);
    await expect(former.run("insert into app.t values (202, 'no')")).rejects.toMatchObject({ code: 8145 });
    await former.run("call ttRepStart");
    await eventually("FAILED", async () => (await former.rows("call ttRepStateGet"))[0]?.[0] === "FAILED");
    await expect(former.run("call ttRepStateSet('ACTIVE')")).rejects.toMatchObject({ code: 8141 });
    await former.run("call ttRepStop");
    former.close();
    await eventually(
      "unload",
      async () => (await standby.run("ttAdmin", ["-ramUnload", "sample"])).code === 0,
    );
    await standby.ok("ttDestroy", ["sample"]);
    await joinAsStandby(standby, active);
    const reader = await standby.admin();
    expect(await count(reader)).toBe(await count(writer));
    reader.close();
  });

  it("changes roles without loss: deactivate, wait, set active", async () => {
    await writer.run("insert into app.t values (300, 'before')");
    await active.ok("ttRepAdmin", ["-wait", "-timeout", "20", "sample"]);
    await writer.run("call ttRepDeactivate");
    await expect(writer.run("insert into app.t values (301, 'no')")).rejects.toMatchObject({ code: 8145 });
    const next = await standby.admin();
    await eventually("promotion", async () => next.run("call ttRepStateSet('ACTIVE')").then(() => true));
    await next.run("insert into app.t values (302, 'after')");
    await eventually("STANDBY", async () => (await writer.rows("call ttRepStateGet"))[0]?.[0] === "STANDBY");
    await eventually(
      "row",
      async () => (await writer.rows("select v from app.t where k = 302"))[0]?.[0] === "after",
    );
    [active, standby] = [standby, active];
    writer = next;
  });

  it("leaves the later one when two actives meet", async () => {
    const other = await standby.admin();
    await other.run("call ttRepStop", "call ttRepStateSet('ACTIVE')");
    expect([await active.state(), await standby.state()]).toEqual(["ACTIVE", "ACTIVE"]);
    await other.run("call ttRepStart");
    await eventually("FAILED", async () => (await active.state()) === "FAILED");
    expect(await standby.state()).toBe("ACTIVE");
    expect(active.messages()).toContain("TT16272");
    await expect(writer.run("insert into app.t values (400, 'no')")).rejects.toMatchObject({ code: 8145 });
    other.close();
  });
});

describe("tables outside the scheme", () => {
  const bed = new Bed();
  afterAll(() => bed.end());

  it("stay local on both sides, also in one transaction with replicated ones and after recovery", async () => {
    const first = await bed.host();
    const second = await bed.host();
    await Promise.all([first.load(), second.create().then(() => second.ok("ttDaemonAdmin", ["-start"]))]);
    const writer = await first.admin();
    const local = "create table app.local (k number primary key)";
    const scheme = `${pairStatement(first, second)} exclude table app.local`;
    await writer.run(...SCHEMA, local, scheme, "call ttRepStateSet('ACTIVE')", "call ttRepStart");
    await joinAsStandby(second, first);
    await writer.autocommit(false);
    await writer.run("insert into app.local values (1)", "insert into app.t values (1, 'both')", "commit");
    await writer.autocommit(true);
    await first.ok("ttRepAdmin", ["-wait", "-timeout", "20", "sample"]);
    const reader = await second.admin();
    await reader.run("insert into app.local values (2)", "call ttCkpt", "insert into app.local values (3)");
    await writer.run("insert into app.t values (2, 'more')");
    await first.ok("ttRepAdmin", ["-wait", "-timeout", "20", "sample"]);
    await reader.run("call ttDurableCommit");
    await second.kill((await second.pids()).subdaemon);
    await eventually("load", async () => (await second.run("ttAdmin", ["-ramLoad", "sample"])).code === 0);
    const again = await second.admin();
    expect(await again.rows("select k from app.local order by k")).toEqual([[2], [3]]);
    expect(await again.rows("select k from app.t order by k")).toEqual([[1], [2]]);
    expect(await writer.rows("select k from app.local")).toEqual([[1]]);
    again.close();
    writer.close();
  }, 60_000);
});

describe("a scheme", () => {
  const bed = new Bed();
  afterAll(() => bed.end());

  it("needs tables with keys, a store on this host, and a stopped agent", async () => {
    const host = await bed.host();
    const other = await bed.host();
    await host.load();
    const admin = await host.admin();
    await admin.run(...SCHEMA, "create table app.heap (v number)");
    await expect(admin.run("call ttRepStart")).rejects.toMatchObject({ code: 8123 });
    await expect(admin.run(pairStatement(host, other))).rejects.toMatchObject({ code: 8000 });
    await expect(
      admin.run(
        'create active standby pair "sample" on "elsewhere", "sample" on "nowhere" exclude table app.heap',
      ),
    ).rejects.toMatchObject({ code: 8191 });
    await admin.run(`${pairStatement(host, other)} exclude table app.heap`);
    await expect(admin.run(pairStatement(host, other))).rejects.toMatchObject({ code: 8126 });
    await admin.run("insert into app.heap values (1)");
    await expect(admin.run("insert into app.t values (1, 'x')")).rejects.toMatchObject({ code: 8145 });
    await admin.run("drop active standby pair", "insert into app.t values (1, 'x')");
    admin.close();
  });
});

describe("a connect that comes before the database is there", () => {
  const bed = new Bed();
  let active: Host;
  let standby: Host;
  beforeAll(async () => {
    [active, standby] = await makePair(bed);
  }, 60_000);
  afterAll(() => bed.end());

  it.each([1, 2, 3])("fails by itself, and the duplicate that comes meanwhile is loaded (%d)", async () => {
    await standby.ok("ttAdmin", ["-repStop", "sample"]);
    await standby.ok("ttAdmin", ["-disconnect", "-immediate", "-users", "sample"]);
    await standby.ok("ttAdmin", ["-ramUnload", "sample"]);
    await standby.ok("ttDestroy", ["-force", "sample"]);
    const early = [1, 2, 3].map(() =>
      standby.run("ttIsql", ["-v1", "-connStr", "DSN=sample;AutoCreate=0", "-e", "quit"]),
    );
    await joinAsStandby(standby, active);
    expect((await Promise.all(early)).map(({ code }) => code)).toContain(1);
  });
});
