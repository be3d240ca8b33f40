/** ttInstanceCreate: makes an instance that uses this installation. */
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { wrapperScript, utilityNames } from "../distribution/wrappers";
import { parseArguments } from "../shared/args";
import { currentUser, ownInstallation, releaseOf } from "../shared/instance";
import { complain, print } from "./context";

interface Wanted {
  home: string;
  name: string;
  daemonPort: string;
  serverPort: string;
  group: string;
}

function conf(wanted: Wanted, release: string): string {
  const optional = (name: string, value: string | undefined): string =>
    value === undefined ? "" : `${name}=${value}\n`;
  return [
    "# TimesTen instance configuration (simulator)",
    `admin_uid=${userInfoUid()}`,
    `admin_user=${currentUser()}`,
    `daemon_port=${wanted.daemonPort}`,
    `group_name=${wanted.group}`,
    `instance_guid=${randomUUID()}`,
    `instance_name=${wanted.name}`,
    "show_date=1",
    `timesten_release=${release.split(".").slice(0, 3).join(".")}`,
    `server_port=${wanted.serverPort}`,
    "verbose=1",
    `${optional("sim_listen", process.env.TT_SIM_LISTEN)}${optional("sim_host", process.env.TT_SIM_HOST)}`,
  ].join("\n");
}

const userInfoUid = (): number => process.getuid?.() ?? 0;

function groupName(): string {
  try {
    return userInfo().username;
  } catch {
    return currentUser();
  }
}

/** Shell code that puts the instance into the environment. */
function environment(home: string): string {
  return [
    `TIMESTEN_HOME="${home}"`,
    "export TIMESTEN_HOME",
    'case ":$PATH:" in *":$TIMESTEN_HOME/bin:"*) ;; *) PATH="$TIMESTEN_HOME/bin:$TIMESTEN_HOME/install/bin:$PATH" ;; esac',
    "export PATH",
    'LD_LIBRARY_PATH="$TIMESTEN_HOME/ttclasses/lib:$TIMESTEN_HOME/install/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
    "export LD_LIBRARY_PATH",
    "",
  ].join("\n");
}

function writeScript(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

function make(wanted: Wanted, installation: string): void {
  const { home } = wanted;
  for (const directory of ["bin", "conf", "diag", "info"])
    mkdirSync(join(home, directory), { recursive: true });
  chmodSync(join(home, "info"), 0o700);
  symlinkSync(installation, join(home, "install"));
  writeFileSync(join(home, "conf", "timesten.conf"), conf(wanted, releaseOf(installation)));
  writeFileSync(join(home, "conf", "sys.odbc.ini"), "[ODBC Data Sources]\n\n");
  writeFileSync(join(home, "diag", "ttmesg.log"), "");
  writeScript(join(home, "bin", "ttenv.sh"), environment(home));
  writeScript(join(home, "bin", "ttenv"), `#!/bin/sh\n. "${home}/bin/ttenv.sh"\nexec "$@"\n`);
  for (const utility of utilityNames)
    writeScript(join(home, "bin", utility), wrapperScript(utility, join(home, "install"), home));
}

/** Entry. */
export async function ttInstanceCreate(argv: string[]): Promise<number> {
  const values = ["name", "location", "daemonport", "csport", "group", "record", "tnsadmin"];
  const { flags, values: given } = parseArguments(
    argv,
    ["clientonly", "noupdate", "h", "help", "batch"],
    values,
  );
  const name = given.get("name") ?? "instance1";
  const location = given.get("location");
  if (flags.has("h") || flags.has("help") || location === undefined) {
    print(
      "ttInstanceCreate -name <name> -location <directory> [-daemonport <port>] [-csport <port>] [-clientonly]",
    );
    return flags.has("h") || flags.has("help") ? 0 : 255;
  }
  const home = join(location, name);
  if (existsSync(join(home, "conf", "timesten.conf"))) {
    complain(`ERROR: Cannot create instance ${name}: ${home} already exists.`);
    return 1;
  }
  const installation = ownInstallation();
  print(`Creating instance in ${home} ...`);
  print(`INFO: Mapping files from the installation to ${home}/install`);
  make(
    {
      home,
      name,
      daemonPort: given.get("daemonport") ?? "6624",
      serverPort: given.get("csport") ?? "6625",
      group: given.get("group") ?? groupName(),
    },
    installation,
  );
  print();
  print(`The 18.1 Release Notes are located here : '${installation}/README.html'`);
  return 0;
}
