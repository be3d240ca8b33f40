import { Bed, eventually, isAlive, makePair, type Admin, type Host } from "./support/bed";

const LOCK = "lockwait=1";

describe("RETURN TWOSAFE", () => {
  const bed = new Bed();
  let active: Host;
  let standby: Host;
  let writer: Admin;
  beforeAll(async () => {
    [active, standby] = await makePair(bed, "RETURN TWOSAFE", "RETURN WAIT TIME 1");
    writer = await active.admin();
  }, 60_000);
  afterAll(() => bed.end());

  it("has every acknowledged commit on the standby at once", async () => {
    const reader = await standby.admin();
    for (let k = 1; k <= 20; k += 1) {
      await writer.run(`insert into app.t values (${k}, 'x')`);
      expect(await reader.rows(`select count(*) from app.t where k = ${k}`)).toEqual([[1]]);
    }
    reader.close();
  });

  it("does not let others read what is not acknowledged, and times out with 8170 while the standby is silent", async () => {
    const { subdaemon } = await standby.pids();
    const reader = await active.admin();
    process.kill(subdaemon, "SIGSTOP");
    await expect(writer.run("insert into app.t values (100, 'unanswered')")).rejects.toMatchObject({
      code: 8170,
    });
    expect(await reader.rows("select count(*) from app.t where k = 100")).toEqual([[0]]);
    await expect(writer.run("rollback")).rejects.toMatchObject({ code: 8197 });
    const second = await active.admin(`DSN=sample;${LOCK}`);
    await expect(second.run("insert into app.t values (101, 'behind it')")).rejects.toMatchObject({
      code: 6003,
    });
    second.close();
    process.kill(subdaemon, "SIGCONT");
    await eventually("commit", async () => writer.run("commit").then(() => true));
    expect(await reader.rows("select count(*) from app.t where k = 100")).toEqual([[1]]);
    reader.close();
  });

  it("finishes waiting commits alone once the standby is declared FAILED", async () => {
    await standby.kill((await standby.pids()).subdaemon);
    const second = await active.admin();
    const commit = writer.run("insert into app.t values (200, 'waits')").then(
      () => "done",
      () => "timed out",
    );
    await second.run(`call ttRepStateSave('FAILED', 'sample', '${standby.address}')`);
    expect(await commit).toBe("done");
    await writer.run("insert into app.t values (201, 'alone')");
    second.close();
  });

  it("lets the failed one catch up by itself when it holds nothing that the active lacks", async () => {
    await eventually("load", async () => (await standby.run("ttAdmin", ["-ramLoad", "sample"])).code === 0);
    const reader = await standby.admin();
    await reader.run("call ttRepStart");
    await eventually("STANDBY", async () => (await reader.rows("call ttRepStateGet"))[0]?.[0] === "STANDBY");
    expect(await reader.rows("select count(*) from app.t where k in (200, 201)")).toEqual([[2]]);
    reader.close();
  });

  it("loses nothing acknowledged when the active is killed in the middle of writing", async () => {
    const { subdaemon } = await active.pids();
    let acknowledged = 1000;
    const writing = (async () => {
      for (let k = 1001; ; k += 1) {
        await writer.run(`insert into app.t values (${k}, 'x')`);
        acknowledged = k;
      }
    })().catch(() => undefined);
    await eventually("some commits", () => acknowledged > 1050);
    await active.kill(subdaemon);
    await writing;
    expect(isAlive(subdaemon)).toBe(false);
    const next = await standby.admin();
    await eventually("promotion", async () => next.run("call ttRepStateSet('ACTIVE')").then(() => true));
    await next.run(`call ttRepStateSave('FAILED', 'sample', '${active.address}')`);
    const rows = await next.rows("select count(*), max(k) from app.t where k > 1000");
    const [there, last] = (rows[0] ?? []).map(Number);
    expect(there).toBeGreaterThanOrEqual(acknowledged - 1000);
    // Nothing but the one unanswered commit may be there beyond the acknowledged ones, and none is missing in between.
    expect(last).toBe(1000 + (there ?? 0));
    expect([acknowledged, acknowledged + 1]).toContain(last);
    next.close();
  });
});

describe("RETURN TWOSAFE with LOCAL COMMIT ACTION COMMIT and DISABLE RETURN", () => {
  const bed = new Bed();
  afterAll(() => bed.end());

  it("commits alone after the time-out, and stops waiting after so many of them", async () => {
    const [active, standby] = await makePair(
      bed,
      "RETURN TWOSAFE",
      "RETURN WAIT TIME 1 LOCAL COMMIT ACTION COMMIT DISABLE RETURN ALL 1",
    );
    const writer = await active.admin();
    await standby.kill((await standby.pids()).subdaemon);
    await expect(writer.run("insert into app.t values (1, 'late')")).rejects.toMatchObject({ code: 8170 });
    expect(await writer.rows("select count(*) from app.t")).toEqual([[1]]);
    await writer.run("insert into app.t values (2, 'not waiting')");
    writer.close();
  }, 60_000);
});

describe("RETURN RECEIPT", () => {
  const bed = new Bed();
  afterAll(() => bed.end());

  it("commits first and then waits for the standby's receipt", async () => {
    const [active, standby] = await makePair(bed, "RETURN RECEIPT", "RETURN WAIT TIME 1");
    const writer = await active.admin();
    await writer.run("insert into app.t values (1, 'received')");
    const reader = await standby.admin();
    expect(await reader.rows("select count(*) from app.t")).toEqual([[1]]);
    reader.close();
    await standby.kill((await standby.pids()).subdaemon);
    await expect(writer.run("insert into app.t values (2, 'committed all the same')")).rejects.toMatchObject({
      code: 8170,
    });
    expect(await writer.rows("select count(*) from app.t")).toEqual([[2]]);
    writer.close();
  }, 60_000);
});
