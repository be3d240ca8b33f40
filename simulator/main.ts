/** One program for everything of the simulator: the first argument says which utility or process it is. */
import type { Utility } from "./utilities/context";

/** Loaded only when asked for: a utility starts in tens of milliseconds. */
const programs: Record<string, () => Promise<Utility>> = {
  ttinstancecreate: async () => (await import("./utilities/ttInstanceCreate")).ttInstanceCreate,
  ttinstancemodify: async () => (await import("./utilities/ttInstanceModify")).ttInstanceModify,
  ttversion: async () => (await import("./utilities/ttVersion")).ttVersion,
  ttdaemonadmin: async () => (await import("./utilities/ttDaemonAdmin")).ttDaemonAdmin,
  ttstatus: async () => (await import("./utilities/ttStatus")).ttStatus,
  ttdaemonlog: async () => (await import("./utilities/small")).ttDaemonLog,
  ttdestroy: async () => (await import("./utilities/small")).ttDestroy,
  ttshmsize: async () => (await import("./utilities/small")).ttShmSize,
  ttadmin: async () => (await import("./utilities/ttAdmin")).ttAdmin,
  ttrepadmin: async () => (await import("./utilities/ttRepAdmin")).ttRepAdmin,
  ttisql: async () => (await import("./utilities/isql/ttIsql")).ttIsql,
  ttisqlcs: async () => (await import("./utilities/isql/ttIsql")).ttIsql,
  ttwriter: async () => (await import("./writer/ttwriter")).ttwriter,
  timestend: async () => service((await import("./daemon/timestend")).timestend),
  timestensubd: async () => service((await import("./engine/subdaemon")).subdaemon),
  makedistribution: async () => (await import("./distribution/make")).makeDistribution,
};

/** Exit code that means: stay. */
const stay = -1;

function service(body: (argv: string[]) => Promise<void>): Utility {
  return async argv => {
    process.title = process.argv[2] ?? "timestend";
    await body(argv);
    return stay;
  };
}

async function main(): Promise<void> {
  const [name = "", ...argv] = process.argv.slice(2);
  const load = programs[name.toLowerCase()];
  if (load === undefined) {
    process.stderr.write(`unknown program ${name}; known: ${Object.keys(programs).join(", ")}\n`);
    process.exitCode = 255;
    return;
  }
  const code = await (await load())(argv);
  if (code === stay) return;
  process.exitCode = code;
  // What was printed to a pipe must arrive before the end.
  process.stdout.write("", () => process.exit(code));
}

void main();
