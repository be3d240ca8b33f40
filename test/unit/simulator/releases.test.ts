/** Databases of different releases: within a major one they are the same, across it they have nothing to do with each other. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeTree } from "../../../simulator/distribution/make";
import {
  Bed,
  duplicateFrom,
  eventually,
  joinAsStandby,
  makePair,
  pairStatement,
  RELEASE,
  SCHEMA,
  type Host,
} from "./support/bed";

const NEW = "18.1.4.11.0";
const OTHER_MAJOR = "22.1.1.7.0";

const rows = async (host: Host): Promise<string[]> => {
  const admin = await host.admin();
  const found = await admin.rows("select v from app.t order by k");
  admin.close();
  return found.map(([value]) => (typeof value === "string" ? value : ""));
};
const write = async (host: Host, key: number): Promise<void> => {
  const admin = await host.admin();
  await admin.run(`insert into app.t values (${key}, 'v${key}')`);
  admin.close();
};

describe("a pair whose databases are of two patch releases", () => {
  const bed = new Bed();
  let old: Host;
  let young: Host;
  beforeAll(async () => {
    [old, young] = await makePair(bed, "NO RETURN", "", [RELEASE, NEW]);
  }, 60_000);
  afterAll(() => bed.end());

  it("replicates from the old release to the new", async () => {
    await write(old, 1);
    await eventually("the row on the standby", async () => (await rows(young)).length === 1);
    expect(await old.ok("ttVersion")).toContain(`TimesTen Release ${RELEASE} `);
    expect(await young.ok("ttVersion")).toContain(`TimesTen Release ${NEW} `);
    expect(await young.ok("ttStatus", ["-v"])).toContain(`TimesTen Release ${NEW}`);
  });

  it("replicates back after the new release took over, into the same files under the new release", async () => {
    await old.ok("ttRepAdmin", ["-wait", "-timeout", "20", "sample"]);
    await old.ok("ttAdmin", ["-repStop", "sample"]);
    await old.ok("ttAdmin", ["-ramUnload", "sample"]);
    await old.ok("ttDaemonAdmin", ["-stop"]);
    const promoted = await young.admin();
    await eventually("the promotion", async () => {
      await promoted.run("call ttRepStateSet('ACTIVE')");
      return true;
    });
    promoted.close();
    await write(young, 2);
    await old.ok("ttInstanceModify", ["-install", young.installation]);
    await old.ok("ttDaemonAdmin", ["-start"]);
    await old.ok("ttAdmin", ["-ramLoad", "sample"]);
    const rejoined = await old.admin();
    await rejoined.run("call ttRepStart");
    rejoined.close();
    await eventually("the second row", async () => (await rows(old)).length === 2);
    expect(await old.state()).toBe("STANDBY");
  });

  it("goes back to the old release, with the data that the new one wrote", async () => {
    await old.ok("ttAdmin", ["-repStop", "sample"]);
    await old.ok("ttAdmin", ["-ramUnload", "sample"]);
    await old.ok("ttDaemonAdmin", ["-stop"]);
    await old.ok("ttInstanceModify", ["-install", old.installation]);
    await old.ok("ttDaemonAdmin", ["-start"]);
    await old.ok("ttAdmin", ["-ramLoad", "sample"]);
    expect(await rows(old)).toEqual(["v1", "v2"]);
    expect(await old.ok("ttVersion")).toContain(`TimesTen Release ${RELEASE} `);
    await old.ok("ttAdmin", ["-ramUnload", "sample"]);
    await old.ok("ttDestroy", ["sample"]);
    await joinAsStandby(old, young);
    expect(await rows(old)).toEqual(["v1", "v2"]);
  });
});

describe("databases of two major releases", () => {
  const bed = new Bed();
  afterAll(() => bed.end());

  /** An active whose scheme names the other one as its standby. */
  async function activeFor(source: Host, copy: Host): Promise<void> {
    await source.load();
    await copy.create();
    await copy.ok("ttDaemonAdmin", ["-start"]);
    const admin = await source.admin();
    const steps = [pairStatement(source, copy), "call ttRepStateSet('ACTIVE')", "call ttRepStart"];
    await admin.run(...SCHEMA, ...steps);
    admin.close();
  }

  it.each([
    [RELEASE, OTHER_MAJOR, "a database of TimesTen 18.1 cannot be duplicated to TimesTen 22.1"],
    [OTHER_MAJOR, NEW, "a database of TimesTen 22.1 cannot be duplicated to TimesTen 18.1"],
  ])("are not duplicated from %s to %s", async (from, to, message) => {
    const [source, copy] = [await bed.host(from), await bed.host(to)];
    await activeFor(source, copy);
    const { code, stdout, stderr } = await copy.run("ttRepAdmin", duplicateFrom(source), "agentpw\n");
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(message);
    expect(existsSync(`${copy.dataStore}.ds0`)).toBe(false);
  });

  it("share neither an instance nor files", async () => {
    const [old, other] = [await bed.host(RELEASE), await bed.host(OTHER_MAJOR)];
    await old.load();
    await old.ok("ttAdmin", ["-ramUnload", "sample"]);
    await old.ok("ttDaemonAdmin", ["-stop"]);
    const modify = await old.run("ttInstanceModify", ["-install", other.installation]);
    expect(modify.code).not.toBe(0);
    expect(modify.stdout + modify.stderr).toContain(
      `An instance of TimesTen ${RELEASE} cannot use an installation of TimesTen ${OTHER_MAJOR}.`,
    );
    await other.create();
    cpSync(dirname(old.dataStore), dirname(other.dataStore), { recursive: true });
    await other.ok("ttDaemonAdmin", ["-start"]);
    await other.ok("ttAdmin", ["-ramPolicy", "manual", "sample"]);
    const load = await other.run("ttAdmin", ["-ramLoad", "sample"]);
    expect(load.code).not.toBe(0);
    expect(load.stdout + load.stderr).toContain("files of TimesTen 18.1, this is TimesTen 22.1");
  });

  it("are nothing that a distribution broken on purpose would make", async () => {
    const broken = makeTree("18.1.4.12.0", join(bed.folder, "broken"), await bed.program(), { broken: true });
    const made = spawnSync(join(broken, "bin", "ttInstanceCreate"), { encoding: "utf8" });
    expect(made).toMatchObject({
      status: 1,
      stderr: "ttInstanceCreate: this distribution is broken on purpose\n",
    });
  });
});
