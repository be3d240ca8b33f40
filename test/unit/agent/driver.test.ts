/** The driver against the processes of the simulator: two pods on the loopback network. */
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseProcesses, kill } from "../../../agent/timesten/procfs";
import { eventually, put, putProgram, temporaryFolder } from "./support/files";
import {
  ADMIN_PASSWORD,
  AGENT_PASSWORD,
  loopbackAddress,
  makeImage,
  makePod,
  RELEASE,
  spawnUser,
  watchArguments,
  type SimulatedPod,
} from "./support/simulated";

const folder = temporaryFolder();
const [hostA, hostB] = [loopbackAddress(), loopbackAddress()];
const scheme = `create active standby pair "sample" on "${hostA}", "sample" on "${hostB}" no return
  store "sample" on "${hostA}" port 4444 store "sample" on "${hostB}" port 4444`;
const files = {
  "db.ini": "PermSize=200\nDatabaseCharacterSet=AL32UTF8\n",
  adminUser: `app/${ADMIN_PASSWORD}\n`,
  "schema.sql":
    "create table app.t (k number not null primary key, v varchar2(40));\ninsert into app.t values (1, 'one');\n",
  "epilog.sql": "create table app.e (k number not null primary key);\n",
};
const soon = (ms = 20_000) => AbortSignal.timeout(ms);
let a: SimulatedPod;
let b: SimulatedPod;
let seenArguments: () => string[];

beforeAll(async () => {
  const image = await makeImage(folder.path);
  a = await makePod({ folder: folder.path, image, name: "sample-0", host: hostA, peer: hostB, files });
  b = await makePod({ folder: folder.path, image, name: "sample-1", host: hostB, peer: hostA, files });
  seenArguments = watchArguments([AGENT_PASSWORD, ADMIN_PASSWORD]);
});
afterAll(() => {
  a.kill();
  b.kill();
  folder.remove();
});

const query = (pod: SimulatedPod, sql: string) =>
  pod.run("ttIsql", ["-v", "1", "-connStr", "DSN=sample", "-e", sql]);
const view = (pod: SimulatedPod) => pod.driver.observe(soon());

describe("a fresh instance", () => {
  it("is seen with its release, its daemon down and no database", async () => {
    await expect(view(a)).resolves.toMatchObject({
      instance: "Exists",
      release: RELEASE,
      imageRelease: RELEASE,
      daemon: "Down",
      db: "None",
    });
    await expect(a.driver.processes()).resolves.toBeNull();
  });

  it("gets its daemon, however often it is asked for", async () => {
    await a.driver.startDaemon(soon());
    await a.driver.startDaemon(soon());
    await b.driver.startDaemon(soon());
    await expect(view(a)).resolves.toMatchObject({ daemon: "Up", db: "None" });
  });
});

describe("a database", () => {
  it("is created loaded and closed, with its users and its schema", async () => {
    await a.driver.createDatabase(soon());
    await expect(view(a)).resolves.toMatchObject({
      db: "Loaded",
      open: false,
      updatable: "Yes",
      repScheme: "None",
      repAgent: "Not Running",
      dbId: 0,
    });
    expect(query(a, "select v from app.t;")).toContain("< one >");
  });

  it("is created once: the same again changes nothing", async () => {
    query(a, "insert into app.t values (2, 'two');");
    await a.driver.createDatabase(soon());
    expect(query(a, "select v from app.t;")).toContain("< two >");
  });

  it("has processes that are the same for every look, also after a restart of the agent", async () => {
    const processes = await a.driver.processes();
    expect(parseProcesses(processes ?? "").length).toBeGreaterThanOrEqual(2);
    await expect(a.driver.processes()).resolves.toBe(processes);
    await expect(a.anotherDriver().processes()).resolves.toBe(processes);
  });

  it("gets its replication scheme and the epilog, and becomes active", async () => {
    await a.driver.createScheme(scheme, soon());
    await a.driver.dropScheme(soon());
    await a.driver.dropScheme(soon());
    await expect(view(a)).resolves.toMatchObject({ repScheme: "None", repState: "IDLE" });
    await a.driver.createScheme(scheme, soon());
    await a.driver.createScheme(scheme, soon());
    await expect(view(a)).resolves.toMatchObject({ repScheme: "Exists", repState: "IDLE", updatable: "No" });
    await a.driver.setActive(soon());
    await a.driver.setActive(soon());
    await a.driver.runEpilog(soon());
    await a.driver.startRepAgent(soon());
    await a.driver.startRepAgent(soon());
    await expect(view(a)).resolves.toMatchObject({
      repState: "ACTIVE",
      updatable: "Yes",
      repAgent: "Running",
    });
    expect(query(a, "tables;")).toContain("APP.E");
  });

  it("opens and closes; closing ends who is connected, but not the agent's own sessions", async () => {
    await a.driver.open(soon());
    await expect(view(a)).resolves.toMatchObject({ open: true, repState: "ACTIVE" });
    const user = spawnUser(a);
    await eventually("the user's connection", () => a.run("ttStatus", []).includes(String(user.pid)));
    await a.driver.close(soon());
    expect(a.run("ttStatus", [])).not.toMatch(new RegExp(`^Process +${user.pid} `, "m"));
    await expect(view(a)).resolves.toMatchObject({ open: false, repState: "ACTIVE" });
    user.end();
  });
});

describe("a standby", () => {
  it("is duplicated from the active: loaded, closed, replication agent not running", async () => {
    await b.driver.duplicate(hostA, soon());
    await expect(view(b)).resolves.toMatchObject({
      db: "Loaded",
      open: false,
      repScheme: "Exists",
      repAgent: "Not Running",
      repState: "IDLE",
    });
  });

  it("becomes STANDBY with its replication agent, and both see each other", async () => {
    await b.driver.startRepAgent(soon());
    await eventually("STANDBY", async () => (await view(b)).repState === "STANDBY", 20_000);
    await eventually("the active's word", async () => (await view(a)).repPeerState === "start", 20_000);
    await expect(view(b)).resolves.toMatchObject({ updatable: "No", repPeerState: "start" });
  });

  it("gets everything: a mark of the active arrives, and waiting says so", async () => {
    const mark = await a.driver.mark(soon());
    expect(mark).toBeGreaterThan(0);
    await expect(a.driver.waitForStandby(10_000, soon())).resolves.toBe(true);
    await eventually("the mark", async () => (await view(b)).dbId >= mark);
  });

  it("does not have everything while it does not receive: waiting ends in its time and says so", async () => {
    await b.driver.stopRepAgent(soon());
    await expect(view(b)).resolves.toMatchObject({ repAgent: "Not Running" });
    query(a, "insert into app.t values (3, 'three');");
    await expect(a.driver.waitForStandby(1_000, soon())).resolves.toBe(false);
    await b.driver.startRepAgent(soon());
    await eventually("STANDBY again", async () => (await view(b)).repState === "STANDBY", 20_000);
    await expect(a.driver.waitForStandby(10_000, soon())).resolves.toBe(true);
  });

  it("can be made anew over a former copy", async () => {
    await b.driver.stopRepAgent(soon());
    await b.driver.duplicate(hostA, soon());
    await b.driver.startRepAgent(soon());
    await eventually("STANDBY", async () => (await view(b)).repState === "STANDBY", 20_000);
  });

  it("can be duplicated with today's password although its volume knew a former one", async () => {
    query(a, "alter user ttagent identified by 'former'");
    await expect(b.driver.duplicate(hostA, soon())).rejects.toThrow("authentication");
    await a.driver.startRepAgent(soon());
    await b.driver.duplicate(hostA, soon());
    await b.driver.startRepAgent(soon());
    await eventually("STANDBY", async () => (await view(b)).repState === "STANDBY", 20_000);
  });
});

describe("looking again and again", () => {
  it("runs hardly any utility: the sessions and /proc say what is new", async () => {
    const file = join(a.config.instanceHome, "bin", "ttStatus");
    const runs = join(folder.path, "runs");
    renameSync(file, `${file}.real`);
    put(file, `#!/bin/sh\necho run >> ${runs}\nexec ${file}.real "$@"\n`, 0o755);
    try {
      const began = performance.now();
      for (let i = 0; i < 60; i++) await view(a);
      const allowed = 1 + Math.ceil((performance.now() - began) / 5_000);
      const count = existsSync(runs) ? readFileSync(runs, "utf8").trim().split("\n").length : 0;
      expect(count).toBeLessThanOrEqual(allowed);
    } finally {
      renameSync(`${file}.real`, file);
    }
  });
});

describe("utilities that hang or lie", () => {
  const real = () => join(a.config.instanceHome, "bin", "ttStatus");
  const replace = (body: string) => {
    renameSync(real(), `${real()}.real`);
    putProgram(real(), body);
  };
  const restore = () => {
    rmSync(real());
    renameSync(`${real()}.real`, real());
  };

  it("do not hang the agent: the look ends with its signal, and what is known of living processes stays", async () => {
    await view(a);
    replace("setInterval(() => {}, 1000);");
    try {
      const known = await a.driver.observe(soon(3_000));
      expect(known).toMatchObject({ db: "Loaded", repState: "ACTIVE" });
      const fresh = a.anotherDriver();
      await expect(fresh.observe(soon(300))).resolves.toMatchObject({
        instance: "Exists",
        daemon: "Unknown",
        db: "Unknown",
      });
      await expect(fresh.close(soon(300))).rejects.toThrow();
    } finally {
      restore();
    }
    await eventually("the look again", async () => (await view(a)).db === "Loaded");
  });

  it("give Unknown when what they print is no report", async () => {
    replace(`console.log("Segmentation fault"); process.exit(139);`);
    try {
      await expect(a.anotherDriver().observe(soon())).resolves.toMatchObject({
        daemon: "Unknown",
        db: "Unknown",
      });
    } finally {
      restore();
    }
  });
});

describe("the loss of the active", () => {
  it("is noticed by its processes' end, without any utility, and nothing of it is left", async () => {
    const processes = await a.driver.processes();
    if (processes === null) throw new Error("not loaded");
    let noticed = 0;
    a.driver.watchProcesses(processes, () => {
      noticed += 1;
    });
    const [daemon] = parseProcesses(processes);
    if (daemon === undefined) throw new Error("no daemon");
    kill(daemon);
    await eventually("the word", () => noticed === 1);
    await a.driver.killProcesses();
    await expect(a.driver.processes()).resolves.toBeNull();
    await expect(view(a)).resolves.toMatchObject({ daemon: "Down", db: "Unloaded", open: false });
  });

  it("lets the standby become active, commit alone and open", async () => {
    await b.driver.stopRepAgent(soon());
    await b.driver.setActive(soon());
    await b.driver.savePeerFailed(soon());
    await b.driver.open(soon());
    await expect(view(b)).resolves.toMatchObject({ repState: "ACTIVE", updatable: "Yes", open: true });
    query(b, "insert into app.t values (4, 'four');");
    await b.driver.startRepAgent(soon());
  });

  it("ends with the former active as standby", async () => {
    await a.driver.startDaemon(soon());
    await a.driver.duplicate(hostB, soon());
    await a.driver.startRepAgent(soon());
    await eventually("STANDBY", async () => (await view(a)).repState === "STANDBY", 20_000);
    expect(query(a, "select v from app.t;")).toContain("< four >");
  });
});

describe("a clean end", () => {
  it("unloads the database and stops the daemon; it can be loaded again, closed", async () => {
    await a.driver.stopDaemon(soon());
    await a.driver.stopDaemon(soon());
    await expect(view(a)).resolves.toMatchObject({ daemon: "Down", db: "Unloaded" });
    await a.driver.startDaemon(soon());
    await a.driver.loadDatabase(soon());
    await a.driver.loadDatabase(soon());
    await expect(view(a)).resolves.toMatchObject({ db: "Loaded", open: false, repState: "IDLE" });
  });

  it("of a database is that nothing is left of it", async () => {
    await a.driver.destroyDatabase(soon());
    await a.driver.destroyDatabase(soon());
    await expect(view(a)).resolves.toMatchObject({ daemon: "Up", db: "None" });
    expect(existsSync(`${a.config.dataStore}.ds0`)).toBe(false);
  });
});

describe("a creation that fails", () => {
  it("says TimesTen's own words, and what is half made is no database", async () => {
    const file = join(a.config.configDir, "schema.sql");
    const good = readFileSync(file, "utf8");
    putProgram(
      file,
      "create table app.t (k number not null primary key);\ninsert into app.nothing values (1);\n",
    );
    await expect(a.driver.createDatabase(soon())).rejects.toThrow(/^Schema error: TT2206: .*not found/);
    await expect(view(a)).resolves.toMatchObject({ db: "None" });
    putProgram(file, good);
    await a.driver.createDatabase(soon());
    await expect(view(a)).resolves.toMatchObject({ db: "Loaded", open: false });
    expect(query(a, "select v from app.t;")).toContain("< one >");
  });
});

it("never puts a password among the arguments of a process, nor into the log", () => {
  expect(seenArguments()).toEqual([]);
  for (const pod of [a, b]) {
    const text = pod.log.lines.join("\n");
    expect(text).not.toContain(AGENT_PASSWORD);
    expect(text).not.toContain(ADMIN_PASSWORD);
  }
});
