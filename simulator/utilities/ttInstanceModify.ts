/** ttInstanceModify: lets an instance use another installation, or other ports. */
import { existsSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runningDaemon } from "../daemon/timestend";
import { parseArguments } from "../shared/args";
import { majorOf, releaseOf } from "../shared/instance";
import { complain, guarded, print } from "./context";

function setProperty(file: string, name: string, value: string): void {
  const lines = readFileSync(file, "utf8").split("\n");
  const at = lines.findIndex(line => line.startsWith(`${name}=`));
  if (at === -1) lines.unshift(`${name}=${value}`);
  else lines[at] = `${name}=${value}`;
  writeFileSync(`${file}.tmp`, lines.join("\n"));
  renameSync(`${file}.tmp`, file);
}

/** Entry. */
export function ttInstanceModify(argv: string[]): Promise<number> {
  return guarded("ttInstanceModify", async instance => {
    const { values } = parseArguments(argv, [], ["install", "port", "csport"]);
    if (runningDaemon(instance.home) !== 0) {
      complain("ERROR: The TimesTen daemon must be stopped before the instance can be modified.");
      return 1;
    }
    const file = join(instance.home, "conf", "timesten.conf");
    const install = values.get("install");
    if (install !== undefined) {
      if (!existsSync(join(install, "bin", "ttInstanceCreate"))) {
        complain(`ERROR: ${install} is not a TimesTen installation.`);
        return 1;
      }
      const installation = realpathSync(install);
      if (majorOf(releaseOf(installation)) !== majorOf(instance.release)) {
        complain(
          `ERROR: An instance of TimesTen ${instance.release} cannot use an installation of TimesTen ${releaseOf(installation)}.`,
        );
        return 1;
      }
      const link = join(instance.home, "install");
      symlinkSync(installation, `${link}.new`);
      renameSync(`${link}.new`, link);
      setProperty(file, "timesten_release", releaseOf(installation).split(".").slice(0, 3).join("."));
      print(`Instance ${instance.name} now uses the installation in ${installation}`);
    }
    const port = values.get("port");
    if (port !== undefined) setProperty(file, "daemon_port", port);
    const csport = values.get("csport");
    if (csport !== undefined) setProperty(file, "server_port", csport);
    return 0;
  });
}
