import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Bed, eventually, put, type Host } from "./support/bed";

describe("ttIsql", () => {
  const bed = new Bed();
  let host: Host;
  beforeAll(async () => {
    host = await bed.host();
    await host.create();
    await host.ok("ttDaemonAdmin", ["-start"]);
  });
  afterAll(() => bed.end());

  const quiet = async (input: string, connStr = "DSN=sample"): Promise<string[]> =>
    (await host.ok("ttIsql", ["-v", "1", "-connStr", connStr], input)).trimEnd().split("\n");

  it("makes the database on the administrator's first connect and echoes its attributes", async () => {
    const text = await host.ok("ttIsql", ["-connStr", "DSN=sample", "-e", "quit"]);
    expect(text).toContain('connect "DSN=sample";\nConnection successful: DSN=sample;UID=');
    expect(text).toContain(`DataStore=${host.dataStore};`);
    expect(text).toContain("ForceDisconnectEnabled=1;\n(Default setting AutoCommit=1)\n");
    expect(text.endsWith("Disconnecting...\nDone.\n")).toBe(true);
  });

  it("does not make it with AutoCreate=0", async () => {
    const { code, stdout } = await host.run("ttIsql", [
      "-v1",
      "-connStr",
      `DSN=sample;DataStore=${host.dataStore}2;AutoCreate=0`,
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^836: .*\nThe command failed\.\n$/);
  });

  it("prints rows, counts and errors as TimesTen does", async () => {
    const script = [
      "create user app identified by 'secret'; grant create session, create table to app;",
      "create table app.t (k number not null primary key, v varchar2(40), b binary(4));",
      "insert into app.t values (1, 'one', x'0aff'); insert into app.t (k) values (2);",
      "select * from app.t order by k;",
      "update app.t set v = 'two' where k = 2; delete from app.t;",
      "insert into app.nothing values (1);",
      "select 'x' from dual;",
    ];
    const text = await host.ok("ttIsql", ["sample"], `${script.join("\n")}\nquit;\n`);
    expect(text.replaceAll("Command> ", "").split("\n").slice(7)).toEqual([
      "1 row inserted.",
      "1 row inserted.",
      "< 1, one, 0AFF >",
      "< 2, <NULL>, <NULL> >",
      "2 rows found.",
      "1 row updated.",
      "2 rows deleted.",
      "2206: Table APP.NOTHING not found",
      "The command failed.",
      "< x >",
      "1 row found.",
      "Disconnecting...",
      "Done.",
      "",
    ]);
  });

  it("prints nothing but rows and errors with -v 1, so that a marker shows the end of an answer", async () => {
    expect(await quiet("select k from app.t;\nselect 'mark-1' from dual;\ncall ttRepStateGet;\n")).toEqual([
      "< mark-1 >",
      "< IDLE >",
    ]);
  });

  it("lists tables, schemes and cache groups", async () => {
    expect(await quiet("tables;\nrepschemes;\ncachegroups;\n")).toEqual([
      "  APP.T",
      "1 table found.",
      "0 replication schemes found.",
      "",
      "0 cache groups found.",
    ]);
    expect((await quiet("describe app.t;\n")).join("\n")).toContain(
      "   *K                               NUMBER NOT NULL",
    );
  });

  it("keeps a transaction open with autocommit off", async () => {
    const lines = await quiet(
      "autocommit off;\ninsert into app.t (k) values (7);\nrollback;\nselect count(*) from app.t;\ninsert into app.t (k) values (8);\ncommit;\nselect count(*) from app.t;\n",
    );
    expect(lines).toEqual(["< 0 >", "< 1 >"]);
  });

  it("runs a file and statements over several lines, comments and all", async () => {
    const file = put(
      join(host.folder, "s.sql"),
      "-- first\nselect k,\n  'a;b' /* ; */\nfrom app.t; -- end\nselect 1 from dual;",
    );
    expect((await host.ok("ttIsql", ["-v", "1", "-f", file, "sample"])).trimEnd().split("\n")).toEqual([
      "< 8, a;b >",
      "< 1 >",
    ]);
  });

  it("asks for a user's password and refuses a wrong one", async () => {
    expect(await quiet("secret\nselect user from dual;\n", "DSN=sample;uid=app")).toEqual([
      "Enter password for 'app': < APP >",
    ]);
    const { code, stdout } = await host.run("ttIsql", ["-v1", "-connStr", "DSN=sample;uid=app;pwd=wrong"]);
    expect(code).toBe(1);
    expect(stdout).toBe("7001: User authentication failed\nThe command failed.\n");
  });

  it("lets a user into their own schema only", async () => {
    const lines = await quiet(
      "create table mine (a number primary key);\ncreate table sys2.other (a number);\nselect * from mine;\n",
      "DSN=sample;uid=app;pwd=secret",
    );
    expect(lines[0]).toBe("15100: User APP lacks privilege CREATE ANY TABLE");
  });

  it("works as a client through the server port", async () => {
    const connStr = `TTC_SERVER=${host.address};TTC_SERVER_DSN=sample;uid=app;pwd=secret`;
    const text = await host.ok("ttIsqlCS", [
      "-v1",
      "-connStr",
      connStr,
      "-e",
      "select count(*) from t; call ttHostNameGet; exit",
    ]);
    expect(text).toBe("< 1 >\n< 127 >\n");
  });

  it("runs commands of the operating system and files beside it, where it was started", async () => {
    put(join(host.folder, "beside.sql"), "select 7 from dual;");
    const script = `host cd ${host.folder} && echo "from $(basename $PWD)" && echo wrong >&2;\nrun ${host.folder}/beside.sql;\n`;
    const { stdout, stderr } = await host.run("ttIsql", ["-v", "1", "sample"], script);
    expect([stdout, stderr]).toEqual([`from ${join(host.folder).split("/").at(-1)}\n< 7 >\n`, "wrong\n"]);
  });

  describe("that stays connected", () => {
    /** A ttIsql and what it has printed so far. */
    const open = async (): Promise<{ child: ChildProcessWithoutNullStreams; said: () => string }> => {
      const child = host.start("ttIsql", ["-v", "1", "-connStr", "DSN=sample"]);
      let text = "";
      child.stdout.on("data", chunk => (text += String(chunk)));
      child.stdin.write("autocommit off;\nselect 'here' from dual;\n");
      await eventually("the connection", () => text.includes("< here >"));
      return { child, said: () => text };
    };

    it("is listed under its own process, and ends what it had open when it is killed", async () => {
      const { child, said } = await open();
      child.stdin.write("insert into app.t (k) values (99);\nselect count(*) from app.t where k = 99;\n");
      await eventually("the row", () => said().includes("< 1 >"));
      expect(await host.ok("ttStatus")).toMatch(new RegExp(`^Process\\s+${child.pid}\\s`, "m"));
      child.kill("SIGKILL");
      await once(child, "close");
      await eventually("the end of its connection", async () => {
        return !(await host.ok("ttStatus")).includes(String(child.pid));
      });
      expect(await quiet("select count(*) from app.t where k = 99;\n")).toEqual(["< 0 >"]);
    });

    it("fails with whatever is asked once the database is gone, and not before", async () => {
      const { child, said } = await open();
      const { daemon } = await host.pids();
      await host.kill(daemon);
      expect(said()).toBe("< here >\n");
      child.stdin.write("select 1 from dual;\n");
      await eventually("the error", () =>
        said().endsWith("994: Database connection terminated. Please reconnect.\nThe command failed.\n"),
      );
      child.stdin.end("quit;\n");
      await once(child, "close");
      expect(
        said()
          .split("\n")
          .filter(line => line === "The command failed."),
      ).toHaveLength(1);
    });
  });
});
