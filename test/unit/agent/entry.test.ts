import { existsSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { agentCommand } from "../../../agent/entry/command";
import { ConfigError, readConfig, utilityEnv, type AgentConfig } from "../../../agent/entry/config";
import { findDistribution } from "../../../agent/entry/distribution";
import { init } from "../../../agent/entry/init";
import { install } from "../../../agent/entry/install";
import { attributesOfDbIni, renderOdbcIni } from "../../../agent/entry/odbc";
import { releaseOfImage } from "../../../agent/entry/release";
import { findTimesTenUser } from "../../../agent/entry/user";
import { compareReleases } from "../../../protocol";
import { zip } from "../../../simulator/distribution/zip";
import { keepingLog, put, putProgram, temporaryFolder } from "./support/files";

const folder = temporaryFolder();
afterAll(folder.remove);

const podEnv = {
  TT_DB_NAME: "sample",
  POD_NAME: "sample-0",
  POD_UID: "pod-a",
  TT_OBJECT_UID: "object",
  TIMESTEN_HOME: "/tt/home/oracle/instances/instance1",
  TT_PEER_HOSTS: "sample-0.sample.ns.svc.cluster.local,sample-1.sample.ns.svc.cluster.local",
};

describe("the settings of a pod", () => {
  it("follow from its environment", () => {
    expect(readConfig(podEnv, false)).toMatchObject({
      userHome: "/tt/home/oracle",
      dataStore: "/tt/home/oracle/datastore/sample",
      logDir: null,
      peerHosts: ["sample-1.sample.ns.svc.cluster.local"],
    });
    expect(readConfig(podEnv, true).logDir).toBe("/ttlog/sample");
  });

  it.each(Object.keys(podEnv).filter(name => name !== "TT_PEER_HOSTS"))("need %s", name => {
    expect(() => readConfig({ ...podEnv, [name]: "" }, false)).toThrow(
      new ConfigError(`environment variable ${name} is not set`),
    );
  });

  it("do not let a name become a path or a statement", () => {
    for (const name of ["../x", "a b", "a'", "a;b", "x".repeat(33)]) {
      expect(() => readConfig({ ...podEnv, TT_DB_NAME: name }, false)).toThrow(ConfigError);
    }
  });

  it("put the instance's utilities first", () => {
    const env = utilityEnv(readConfig(podEnv, false), { PATH: "/usr/bin", LD_LIBRARY_PATH: "/lib/tt" });
    expect(env).toMatchObject({
      PATH: "/tt/home/oracle/instances/instance1/bin:/usr/bin",
      HOME: "/tt/home/oracle",
      LD_LIBRARY_PATH: "/lib/tt",
    });
  });
});

describe("db.ini", () => {
  it("gives the attributes of the data source", () => {
    const text = "# sizes\nPermSize=512\n\nLogBufMB = 128\r\n; old\nPermSize=600\n";
    expect(attributesOfDbIni(text)).toEqual([
      { name: "PermSize", value: "600" },
      { name: "LogBufMB", value: "128" },
    ]);
  });

  it.each(["DataStore=/x", "logdir = /x", "DRIVER=/x"])("may not hold %s", line => {
    expect(() => attributesOfDbIni(`PermSize=1\n${line}`)).toThrow(
      /^db\.ini, line 2: .* must not be given: the operator places the database$/,
    );
  });

  it("is refused with the number of a line that is none, and never its text", () => {
    expect(() => attributesOfDbIni("PermSize=1\npassword tiger")).toThrow(
      new ConfigError("db.ini, line 2: not of the form Attribute=value"),
    );
  });

  it("throws nothing but ConfigError", () => {
    fc.assert(
      fc.property(fc.string(), text => {
        try {
          attributesOfDbIni(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe("sys.odbc.ini", () => {
  const place = { db: "sample", dataStore: "/d/sample", logDir: null, driver: "/lib/libtten.so" };
  const attributes = (text: string) =>
    Object.fromEntries(
      text
        .split("[sample]\n")[1]
        ?.trim()
        .split("\n")
        .map(line => line.split("=") as [string, string]) ?? [],
    );

  it("has the data source with what an active standby pair needs", () => {
    const text = renderOdbcIni(place, attributesOfDbIni("PermSize=512"));
    expect(text).toContain("[ODBC Data Sources]\nsample=");
    expect(attributes(text)).toEqual({
      Driver: "/lib/libtten.so",
      DataStore: "/d/sample",
      DatabaseCharacterSet: "AL32UTF8",
      PermSize: "512",
      DDLReplicationLevel: "3",
      AutoCreate: "0",
      ForceDisconnectEnabled: "1",
    });
  });

  it("puts the logs on their own volume when there is one", () => {
    expect(renderOdbcIni({ ...place, logDir: "/ttlog/sample" }, [])).toContain("LogDir=/ttlog/sample\n");
  });

  it("lets the user's values win, except where the operator depends on its own", () => {
    const text = renderOdbcIni(
      place,
      attributesOfDbIni("databasecharacterset=US7ASCII\nautocreate=1\nForceDisconnectEnabled=0"),
    );
    expect(attributes(text)).toMatchObject({
      databasecharacterset: "US7ASCII",
      AutoCreate: "0",
      ForceDisconnectEnabled: "1",
    });
    expect(text).not.toContain("autocreate");
  });
});

describe("the TimesTen user of an image", () => {
  const passwd =
    "root:x:0:0:root:/root:/bin/bash\nother:x:5:5::/:/bin/sh\noracle:x:333:333::/tt/home/oracle:/bin/bash\n";
  it("is oracle or timesten, as /etc/passwd has it", () => {
    expect(findTimesTenUser(passwd, "/tt/home/oracle", null)).toEqual({
      name: "oracle",
      uid: 333,
      gid: 333,
      home: "/tt/home/oracle",
    });
    expect(
      findTimesTenUser(
        `${passwd}timesten:x:3429:3429::/tt/home/timesten:/bin/bash\n`,
        "/tt/home/timesten",
        null,
      )?.uid,
    ).toBe(3429);
  });

  it("is another one where the pod names it", () => {
    expect(findTimesTenUser(passwd, "/tt/home/oracle", "other")?.uid).toBe(5);
    expect(findTimesTenUser(passwd, "/tt/home/oracle", "nobody-of-that-name")).toBeNull();
  });

  it("is never root, and null where there is none", () => {
    expect(findTimesTenUser("oracle:x:0:0::/root:/bin/sh\n", "/root", null)).toBeNull();
    expect(findTimesTenUser("garbage\n::::::\n", "/x", null)).toBeNull();
  });
});

describe("install", () => {
  const from = join(folder.path, "image");
  const to = join(folder.path, "volume");
  put(join(from, "agent.cjs"), "script", 0o600);
  put(join(from, "node"), "binary", 0o700);
  put(join(from, "lib", "ld-linux-x86-64.so.2"), "loader", 0o600);
  put(join(from, "lib", "libc.so.6.1"), "library");
  symlinkSync("libc.so.6.1", join(from, "lib", "libc.so.6"));

  it("copies the whole tree, readable by any user, programs executable", async () => {
    await expect(install(from, to)).resolves.toBe(5);
    expect(readFileSync(join(to, "lib", "libc.so.6"), "utf8")).toBe("library");
    const mode = (name: string) => (statSync(join(to, name)).mode & 0o777).toString(8);
    expect([mode("agent.cjs"), mode("node"), mode("lib/ld-linux-x86-64.so.2"), mode("lib")]).toEqual([
      "644",
      "755",
      "755",
      "755",
    ]);
  });

  it("is safe to repeat, and brings a newer agent", async () => {
    put(join(from, "agent.cjs"), "newer");
    await install(from, to);
    expect(readFileSync(join(to, "agent.cjs"), "utf8")).toBe("newer");
    expect(readdirSync(to).sort()).toEqual(["agent.cjs", "lib", "node"]);
  });

  it("makes a command that spells out loader and libraries; without them the present Node runs it", () => {
    const script = join(to, "agent.cjs");
    const [loader, ...args] = agentCommand(to, script);
    expect([loader, ...args]).toEqual([
      join(to, "lib/ld-linux-x86-64.so.2"),
      "--library-path",
      join(to, "lib"),
      join(to, "node"),
      script,
    ]);
    expect(agentCommand("/none", "/none/agent.cjs")).toEqual([process.execPath, "/none/agent.cjs"]);
  });
});

describe("the distribution in an image", () => {
  it("is the newest zip, else an unpacked installation, else none", async () => {
    const home = join(folder.path, "dist");
    const places = { zips: [join(home, "a"), join(home, "none")], installations: [join(home, "b")] };
    await expect(findDistribution(places)).resolves.toBeNull();
    put(join(home, "b", "tt22.1.1.7.0", "bin", "ttInstanceCreate"), "");
    await expect(findDistribution(places)).resolves.toEqual({
      kind: "unpacked",
      folder: join(home, "b", "tt22.1.1.7.0"),
      release: "22.1.1.7.0",
    });
    put(join(home, "a", "timesten181440.server.linux8664.zip"), "");
    put(join(home, "a", "timesten1814110.server.linux8664.zip"), "");
    await expect(findDistribution(places)).resolves.toMatchObject({ kind: "zip", release: "18.1.4.11.0" });
  });

  it("is compared number by number", () => {
    expect(compareReleases("18.1.4.4.0", "18.1.4.11.0")).toBeLessThan(0);
    expect(compareReleases("22.1.1.7.0", "18.1.4.11.0")).toBeGreaterThan(0);
    expect(compareReleases("18.1.4.4.0", "18.1.4.4.0")).toBe(0);
  });
});

describe("release, in a Pod that looks at an image", () => {
  const home = join(folder.path, "looked-at");
  const file = join(home, "timesten1814110.server.linux8664.zip");
  const places = { zips: [home], installations: [join(home, "unpacked")] };
  const look = () => releaseOfImage(places, process.env);
  const utility = { name: "tt18.1.4.11.0/bin/ttInstanceCreate", data: Buffer.from(""), executable: true };

  it("says when the image has no TimesTen, and where it looked", async () => {
    await expect(look()).rejects.toThrow(
      new ConfigError(
        `the image has no TimesTen: neither timesten*.server.linux8664.zip nor an installation in ${home}, ${home}/unpacked`,
      ),
    );
  });

  it("tells the release of the zip, and unpacks nothing", async () => {
    put(file, "");
    writeFileSync(file, zip([utility]));
    await expect(look()).resolves.toEqual({ release: "18.1.4.11.0" });
    expect(readdirSync(home)).toEqual(["timesten1814110.server.linux8664.zip"]);
  });

  it("does not take a zip for TimesTen that holds something else, or is damaged", async () => {
    writeFileSync(file, zip([{ ...utility, name: "readme" }]));
    await expect(look()).rejects.toThrow(`${file} holds no TimesTen distribution (tt<release>/bin)`);
    writeFileSync(file, "no zip at all");
    await expect(look()).rejects.toThrow(/^\/.*zip cannot be read: unzip exited with 9$/);
  });

  it("tells the release of an unpacked installation", async () => {
    rmSync(file);
    put(join(home, "unpacked", "tt22.1.1.7.0", "bin", "ttInstanceCreate"), "");
    await expect(look()).resolves.toEqual({ release: "22.1.1.7.0" });
  });
});

describe("init", () => {
  const root = join(folder.path, "pod");
  const userHome = join(root, "tt/home/oracle");
  const config: AgentConfig = {
    ...readConfig(podEnv, false),
    instanceHome: join(userHome, "instances/instance1"),
    userHome,
    dataStore: join(userHome, "datastore/sample"),
    configDir: join(root, "ttconfig"),
    memoryFile: join(root, "tt/operator/memory.json"),
  };
  const calls = () =>
    existsSync(join(root, "calls")) ? readFileSync(join(root, "calls"), "utf8").trim().split("\n") : [];

  /** A distribution whose utilities make what the real ones make, and write down their arguments. */
  function image(release: string): { zips: string[]; installations: string[] } {
    const top = join(root, `image-${release}`, `tt${release}`);
    const note = `const fs = require("fs"), path = require("path");
      fs.appendFileSync(${JSON.stringify(join(root, "calls"))}, path.basename(process.argv[1]) + " " + process.argv.slice(2).join(" ") + "\\n");
      const install = path.dirname(path.dirname(fs.realpathSync(process.argv[1])));`;
    putProgram(
      join(top, "bin", "ttInstanceCreate"),
      `${note}
      const at = name => process.argv[process.argv.indexOf(name) + 1];
      const home = path.join(at("-location"), at("-name"));
      fs.mkdirSync(home);
      if (fs.existsSync(${JSON.stringify(join(root, "crash"))})) process.exit(9);
      fs.mkdirSync(path.join(home, "conf"));
      fs.symlinkSync(install, path.join(home, "install"));
      fs.writeFileSync(path.join(home, "conf/timesten.conf"), "");`,
    );
    putProgram(
      join(top, "bin", "ttInstanceModify"),
      `${note}
      fs.rmSync(path.join(process.env.TIMESTEN_HOME, "install"));
      fs.symlinkSync(install, path.join(process.env.TIMESTEN_HOME, "install"));`,
    );
    const digits = release.replaceAll(".", "");
    const file = join(root, `image-${release}`, `timesten${digits}.server.linux8664.zip`);
    const bin = readdirSync(join(top, "bin")).map(name => ({
      name: `tt${release}/bin/${name}`,
      data: readFileSync(join(top, "bin", name)),
      executable: true,
    }));
    writeFileSync(file, zip(bin));
    return { zips: [join(root, `image-${release}`)], installations: [] };
  }
  const run = (places: { zips: string[]; installations: string[] }) =>
    init({ config, places, env: process.env, log: keepingLog() });
  const odbcIni = () => readFileSync(join(config.instanceHome, "conf/sys.odbc.ini"), "utf8");

  it("begins again when making the instance was interrupted", async () => {
    put(join(root, "crash"), "");
    await expect(run(image("18.1.4.4.0"))).rejects.toThrow("ttInstanceCreate exited with code 9");
    expect(existsSync(config.instanceHome)).toBe(true);
    rmSync(join(root, "crash"));
    await run(image("18.1.4.4.0"));
    expect(calls()).toHaveLength(2);
    expect(existsSync(join(config.instanceHome, "conf/timesten.conf"))).toBe(true);
  });

  it("made the instance with its ports, from the unpacked zip", () => {
    const location = join(userHome, "instances");
    expect(calls()[0]).toBe(
      `ttInstanceCreate -name instance1 -location ${location} -daemonport 6624 -csport 6625`,
    );
    expect(readdirSync(userHome).sort()).toEqual([
      ".bash_profile",
      ".bashrc",
      "datastore",
      "instances",
      "tt18.1.4.4.0",
    ]);
  });

  it("does nothing the second time", async () => {
    const before = calls().length;
    await run(image("18.1.4.4.0"));
    expect(calls()).toHaveLength(before);
  });

  it("says what is wrong in db.ini", async () => {
    put(join(config.configDir, "db.ini"), "DataStore=/elsewhere\n");
    await expect(run(image("18.1.4.4.0"))).rejects.toThrow("db.ini, line 1: DataStore must not be given");
    put(join(config.configDir, "db.ini"), "");
  });

  it("takes a corrected db.ini as long as there is no database, and none after", async () => {
    put(join(config.configDir, "db.ini"), "PermSize=300\n");
    await run(image("18.1.4.4.0"));
    expect(odbcIni()).toContain("PermSize=300\n");
    put(`${config.dataStore}.ds0`, "");
    put(join(config.configDir, "db.ini"), "PermSize=400\nDataStore=/elsewhere\n");
    await run(image("18.1.4.4.0"));
    expect(odbcIni()).toContain("PermSize=300\n");
  });

  it("points the instance at the installation of another release; the database stays", async () => {
    await run(image("18.1.4.11.0"));
    expect(calls().at(-1)).toBe(`ttInstanceModify -install ${join(userHome, "tt18.1.4.11.0")}`);
    expect(existsSync(`${config.dataStore}.ds0`)).toBe(true);
    await run(image("18.1.4.4.0"));
    expect(calls().at(-1)).toBe(`ttInstanceModify -install ${join(userHome, "tt18.1.4.4.0")}`);
  });

  it("removes what an interrupted unpacking left", async () => {
    put(join(userHome, ".unzip-abc", "tt18.1.4.11.0", "half"), "");
    rmSync(join(userHome, "tt18.1.4.11.0"), { recursive: true });
    await run(image("18.1.4.11.0"));
    expect(readdirSync(userHome).filter(name => name.startsWith(".unzip-"))).toEqual([]);
  });

  it("makes shells know the instance, but leaves a person's own files alone", async () => {
    expect(readFileSync(join(userHome, ".bashrc"), "utf8")).toContain(
      `export TIMESTEN_HOME=${config.instanceHome}\n`,
    );
    put(join(userHome, ".bashrc"), "alias ll='ls -l'\n");
    await run(image("18.1.4.11.0"));
    expect(readFileSync(join(userHome, ".bashrc"), "utf8")).toBe("alias ll='ls -l'\n");
  });

  it("says that the image has no TimesTen", async () => {
    await expect(run({ zips: ["/none"], installations: [] })).rejects.toThrow("the image has no TimesTen");
  });
});
