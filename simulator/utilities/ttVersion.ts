/** ttVersion: release and place of the instance. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArguments } from "../shared/args";
import { guarded, print } from "./context";

/** Entry. */
export function ttVersion(argv: string[]): Promise<number> {
  return guarded("ttVersion", async instance => {
    const { flags, rest } = parseArguments(argv, ["m", "h", "help"], []);
    const built = statSync(join(instance.installation, "VERSION"))
      .mtime.toISOString()
      .replace(/\.\d+Z$/, "Z");
    const parts = instance.release.split(".");
    if (flags.has("m")) {
      const names = ["major1", "major2", "major3", "patch", "reserved"];
      const all = [
        ...names.map((name, at) => `${name}=${parts[at] ?? "0"}`),
        `portpatch=`,
        `bits=64`,
        `port=Linux/x86_64`,
        `instance=${instance.name}`,
      ];
      for (const line of all)
        if (rest.length === 0 || rest.some(name => line.startsWith(`${name}=`)))
          print(rest.length === 0 ? line : line.slice(line.indexOf("=") + 1));
      return 0;
    }
    print(
      `TimesTen Release ${instance.release} (64 bit Linux/x86_64) (${instance.name}:${instance.daemonPort}) ${built}`,
    );
    print(`  Instance admin: ${instance.admin}`);
    print(`  Instance home directory: ${instance.home}`);
    print(`  Group owner: ${instance.group}`);
    print(`  Daemon home directory: ${join(instance.home, "info")}`);
    print("  PL/SQL enabled.");
    return 0;
  });
}
