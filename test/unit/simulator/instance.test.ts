import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Bed, isAlive, RELEASE, type Host } from "./support/bed";

describe("an instance", () => {
  const bed = new Bed();
  let host: Host;
  afterAll(() => bed.end());

  it("is made from an installation, with environment, configuration and a link to it", async () => {
    host = await bed.host();
    const text = await host.create();
    expect(text).toContain(`Creating instance in ${host.home} ...`);
    expect(text).toContain(`INFO: Mapping files from the installation to ${host.home}/install`);
    for (const path of [
      "bin/ttenv.sh",
      "bin/ttenv",
      "bin/ttIsql",
      "conf/timesten.conf",
      "conf/sys.odbc.ini",
      "diag/ttmesg.log",
      "info",
    ]) {
      expect({ path, there: existsSync(join(host.home, path)) }).toEqual({ path, there: true });
    }
    expect(readlinkSync(join(host.home, "install"))).toContain(`tt${RELEASE}`);
  });

  it("is not made twice", async () => {
    const { code, stderr } = await host.run("ttInstanceCreate", [
      "-name",
      "instance1",
      "-location",
      host.folder,
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("already exists");
  });

  it("tells its release as ttVersion does", async () => {
    const lines = (await host.ok("ttVersion")).split("\n");
    expect(lines[0]).toMatch(
      /^TimesTen Release 18\.1\.4\.4\.0 \(64 bit Linux\/x86_64\) \(instance1:6624\) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    );
    expect(lines.slice(1, 6).map(line => line.slice(0, line.indexOf(":") + 1))).toEqual([
      "  Instance admin:",
      "  Instance home directory:",
      "  Group owner:",
      "  Daemon home directory:",
      "",
    ]);
    expect(lines[5]).toBe("  PL/SQL enabled.");
  });

  it("says on ttStatus that the daemon is down, and fails", async () => {
    const { code, stderr } = await host.run("ttStatus");
    expect(code).not.toBe(0);
    expect(stderr).toContain("ttStatus: Could not connect to the TimesTen daemon.");
  });

  it("starts and stops its daemon, which writes the message log", async () => {
    const started = await host.ok("ttDaemonAdmin", ["-start"]);
    expect(started).toMatch(/^TimesTen Daemon \(PID: \d+, port: 6624\) startup OK\.$/m);
    const pid = Number(/PID: (\d+)/.exec(started)?.[1]);
    const status = await host.ok("ttStatus");
    expect(status).toMatch(/^TimesTen status report as of \w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/m);
    expect(status).toContain(`Daemon pid ${pid} port 6624 instance instance1`);
    expect(status).toMatch(/^TimesTen server pid \d+ started on port 6625$/m);
    expect(status.trimEnd().split("\n").at(-1)).toBe("End of report");
    expect(await host.ok("ttDaemonAdmin", ["-stop"])).toBe(
      `TimesTen Daemon (PID: ${pid}, port: 6624) stopped.\n`,
    );
    expect(isAlive(pid)).toBe(false);
    expect(host.messages()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d Info: +: +\d+: maind: TimesTen Daemon Release 18\.1\.4\.4\.0/m,
    );
    expect(await host.ok("ttDaemonLog")).toBe(host.messages());
  });

  it("switches to another installation while its daemon is down", async () => {
    const other = await bed.installation("18.1.4.11.0");
    await host.ok("ttInstanceModify", ["-install", other]);
    expect(await host.ok("ttVersion")).toContain("TimesTen Release 18.1.4.11.0 ");
    await host.ok("ttDaemonAdmin", ["-start"]);
    const { code } = await host.run("ttInstanceModify", ["-install", host.installation]);
    expect(code).not.toBe(0);
  });

  it("takes option names in any case and refuses unknown ones", async () => {
    expect((await host.run("ttDaemonAdmin", ["-STOP"])).code).toBe(0);
    expect((await host.run("ttStatus", ["-nonsense"])).code).toBe(255);
  });

  it("estimates shared memory", async () => {
    const text = await host.ok("ttShmSize", [
      "-connStr",
      "PermSize=200;TempSize=100;LogBufMB=64;Connections=100",
    ]);
    expect(Number(/^The required shared memory size is (\d+) bytes\.$/m.exec(text)?.[1])).toBeGreaterThan(
      364 * 1024 * 1024,
    );
  });
});
