import { existsSync } from "node:fs";
import { Bed, eventually, SCHEMA, type Host } from "./support/bed";

describe("ttAdmin", () => {
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

  it("prints the policy block", async () => {
    expect(await host.ok("ttAdmin", ["-query", "sample"])).toBe(
      [
        "RAM Residence Policy            : manual",
        "Manually Loaded In RAM          : True",
        "Replication Agent Policy        : manual",
        "Replication Manually Started    : False",
        "Cache Agent Policy              : manual",
        "Cache Agent Manually Started    : False",
        "Database State                  : Open",
        "",
      ].join("\n"),
    );
  });

  it("lists the processes and connections of a loaded database in ttStatus", async () => {
    const admin = await host.admin();
    const status = await host.ok("ttStatus", ["-v"]);
    expect(status).toContain(`Data store ${host.dataStore}\nThere are 9 connections to the data store\n`);
    expect(status).toMatch(new RegExp(`^Process +${process.pid} +0x[0-9a-f]{16}  sample +\\d+$`, "m"));
    expect(status).toMatch(/^Subdaemon +\d+ +0x[0-9a-f]{16}  Manager +2047$/m);
    expect(status).toContain("Open for user connections\nReplication policy  : Manual\n");
    expect(status).not.toContain("Replication agent is running.");
    admin.close();
  });

  it("refuses new users when closed, not the administrator, and leaves those who are in", async () => {
    const before = await host.client("app", "secret");
    expect(await host.ok("ttAdmin", ["-close", "sample"])).toContain(
      "Database State                  : Closed",
    );
    await expect(host.client("app", "secret")).rejects.toMatchObject({ code: 10053 });
    expect((await before.execute("select 1 from dual")).rows).toEqual([[1]]);
    const admin = await host.admin();
    expect(await admin.rows("select count(*) from app.t")).toEqual([[0]]);
    admin.close();
    before.close();
    await host.ok("ttAdmin", ["-open", "sample"]);
    (await host.client("app", "secret")).close();
  });

  it("ends connections by force and rolls their transactions back", async () => {
    const client = await host.client("app", "secret");
    await client.autocommit(false);
    await client.execute("insert into t values (1, 'lost')");
    await host.ok("ttAdmin", ["-disconnect", "-immediate", "sample"]);
    await expect(client.execute("select 1 from dual")).rejects.toThrow();
    const admin = await host.admin();
    expect(await admin.rows("select count(*) from app.t")).toEqual([[0]]);
    await admin.run("insert into app.t values (2, 'kept')");
    admin.close();
  });

  it("lets transactions finish with -transactional", async () => {
    const client = await host.client("app", "secret");
    await client.autocommit(false);
    await client.execute("insert into t values (3, 'kept too')");
    await host.ok("ttAdmin", ["-disconnect", "-transactional", "sample"]);
    await client.commit();
    await expect(
      eventually("end", async () => (await client.execute("select 1 from dual")) && null, 500),
    ).rejects.toThrow(/47137|lost/);
  });

  it("unloads only when nobody is connected, and then refuses connections until the next load", async () => {
    const admin = await host.admin();
    const refused = await host.run("ttAdmin", ["-ramUnload", "sample"]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("TT12030");
    admin.close();
    await eventually("unload", async () => (await host.run("ttAdmin", ["-ramUnload", "sample"])).code === 0);
    await expect(host.admin()).rejects.toMatchObject({ code: 707 });
    await expect(host.client("app", "secret")).rejects.toMatchObject({ code: 707 });
    await host.ok("ttAdmin", ["-ramLoad", "-close", "sample"]);
    expect(await host.ok("ttStatus")).toContain("Closed to user connections");
    await expect(host.client("app", "secret")).rejects.toMatchObject({ code: 10053 });
    await host.ok("ttAdmin", ["-open", "sample"]);
    const again = await host.admin();
    expect(await again.rows("select k from app.t order by k")).toEqual([[2], [3]]);
    again.close();
  });

  it("destroys a database that is not loaded", async () => {
    expect((await host.run("ttDestroy", ["sample"])).stderr).toContain("TT12030");
    await eventually("unload", async () => (await host.run("ttAdmin", ["-ramUnload", "sample"])).code === 0);
    expect(await host.ok("ttDestroy", ["sample"])).toBe("");
    expect(
      existsSync(`${host.dataStore}.ds0`) ||
        existsSync(`${host.dataStore}.ds1`) ||
        existsSync(`${host.dataStore}.log0`),
    ).toBe(false);
    const status = await host.ok("ttStatus");
    expect(status).not.toContain("Data store");
  });
});
