/** The command line of the local cluster, and the entry of its own processes (keeper, hub). */
import { spawn, type ChildProcess } from "node:child_process";
import { parseArgs } from "node:util";
import { attachCluster, startCluster, startControlPlane, stopByName, type Cluster } from "./cluster";
import { hubMain, type HubOptions } from "./hub";
import { keeperMain, type KeeperOptions } from "./keeper";
import { clearStale, listKept } from "./leftovers";
import { stateDir } from "./paths";
import { which } from "./process";
import { cleanRegistry, withRegistry } from "./push-registry";

const HELP = `A Kubernetes cluster with real nodes on this machine, in namespaces of its own (root on Linux).

  testbed/testbed up [--nodes 2]      start it and leave it running; prints how to use it
  testbed/testbed down                stop it; nothing of it stays but pushed images
  testbed/testbed run [--nodes 2 | --plane] -- COMMAND
                                      a cluster for as long as COMMAND runs, with its KUBECONFIG; --plane: the control
                                      plane without nodes, no root needed
  testbed/testbed status              nodes, partitions
  testbed/testbed kubeconfig          path of its kubeconfig: export KUBECONFIG=$(testbed/testbed kubeconfig)
  testbed/testbed registry            host:port to push images to: <host:port>/<registry name>/<path>:<tag>
  testbed/testbed node up [N]         one more node, or start N again
  testbed/testbed node down N         orderly: its pods leave first; the disk stays
  testbed/testbed node power-cut N    all its processes are gone at once; the disk stays
  testbed/testbed node boot N         start it again on its disk
  testbed/testbed node remove N       power off, Node object and disk deleted
  testbed/testbed partition N         cut node N off; its containers run on
  testbed/testbed partition FROM TO   drop packets from one address to another, this direction only
  testbed/testbed heal                end all partitions
  testbed/testbed exec -- COMMAND     run a command in the cluster's network, all else as here
  testbed/testbed cleanup             clear leftovers of clusters whose keeper was killed
  testbed/testbed with-registry -- COMMAND
                                      no cluster: run the registry alone while COMMAND pushes to $REGISTRY
  testbed/testbed clean-registry      delete layers that no tag leads to any more (no cluster may run)

  --name NAME   which cluster (default "dev"); several can run at once
`;

const log = (line: string): void => console.error(`testbed: ${line}`);

function need(name: string): Cluster {
  const cluster = attachCluster(name);
  if (cluster === undefined)
    throw new Error(`no cluster "${name}" is running; start it with: testbed/testbed up`);
  return cluster;
}

async function up(name: string, nodes: number): Promise<void> {
  if (attachCluster(name) !== undefined) return log(`cluster "${name}" is running already`);
  log(`starting cluster "${name}" with ${nodes} node${nodes === 1 ? "" : "s"}`);
  const cluster = await startCluster({ name, nodes, progress: log });
  cluster.detach();
  log(`ready. In your shell:\n\n  export KUBECONFIG=${cluster.kubeconfig}\n  ${cluster.kubectl} get nodes\n`);
  log(`push images to ${cluster.registry}/<registry name>/<path>:<tag>; stop it with: testbed/testbed down`);
}

async function node(cluster: Cluster, action: string | undefined, n: string | undefined): Promise<void> {
  const number = Number(n);
  if (action === "up" && n === undefined) return log(`${(await cluster.addNode()).name} is Ready`);
  if (!Number.isInteger(number)) throw new Error(`which node? ${HELP}`);
  switch (action) {
    case "up":
    case "boot":
      return log(`${(await cluster.bootNode(number)).name} is Ready`);
    case "down":
      return log(`${(await cluster.shutDownNode(number)).name} is off`);
    case "power-cut":
      return log(`${(await cluster.stopNode(number)).name} has no power`);
    case "remove":
      return cluster.removeNode(number);
    default:
      throw new Error(`node ${action ?? ""}? ${HELP}`);
  }
}

async function status(name: string): Promise<void> {
  const { nodes, cuts, dead } = await need(name).status();
  for (const n of nodes)
    console.log(`${n.name}  ${n.address}  ${n.running ? "running" : "off"}${n.isolated ? "  cut off" : ""}`);
  for (const c of cuts) console.log(`packets from ${c.from} to ${c.to} are dropped`);
  for (const d of dead) console.log(`${d} has ended by itself`);
}

/** A cluster (or control plane) for the time of a command, which gets KUBECONFIG; resolves with its exit code. */
async function runWith(
  name: string,
  nodes: number,
  plane: boolean,
  command: readonly string[],
): Promise<number> {
  const [first, ...rest] = command;
  if (first === undefined) throw new Error(HELP);
  const made = await (plane
    ? startControlPlane({ name, progress: log })
    : startCluster({ name, nodes, progress: log }));
  try {
    const env = { ...process.env, KUBECONFIG: made.kubeconfig };
    const setpriv = which("setpriv");
    // It would have no cluster after us.
    const child =
      setpriv === undefined
        ? spawn(first, rest, { stdio: "inherit", env })
        : spawn(setpriv, ["--pdeathsig", "TERM", "--", first, ...rest], { stdio: "inherit", env });
    return await exitCode(child);
  } finally {
    await made.stop();
  }
}

const exitCode = (child: ChildProcess): Promise<number> =>
  new Promise((done, fail) => child.once("error", fail).once("exit", code => done(code ?? 128)));

/** Runs a command with this terminal and resolves with its exit code. */
function attended(cluster: Cluster, command: readonly string[]): Promise<number> {
  const [first, ...rest] = command;
  if (first === undefined) throw new Error(HELP);
  const child = cluster.spawn(first, rest, { KUBECONFIG: cluster.internalKubeconfig }, "inherit");
  return exitCode(child);
}

async function main(args: readonly string[]): Promise<number> {
  const split = args.indexOf("--");
  const { values, positionals } = parseArgs({
    args: args.slice(0, split < 0 ? undefined : split),
    options: {
      name: { type: "string", default: "dev" },
      nodes: { type: "string", default: "2" },
      plane: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  const rest = split < 0 ? [] : args.slice(split + 1);
  const [command, ...words] = positionals;
  const name = values.name;
  if (values.help || command === undefined) {
    console.log(HELP);
    return command === undefined && !values.help ? 2 : 0;
  }
  switch (command) {
    case "up":
      await up(name, Number(values.nodes));
      return 0;
    case "run":
      return runWith(values.name, Number(values.nodes), values.plane, rest);
    case "down":
      if (!(await stopByName(name))) log(`no cluster "${name}" is running`);
      await clearStale(stateDir());
      return 0;
    case "status":
      await status(name);
      return 0;
    case "kubeconfig":
      console.log(need(name).kubeconfig);
      return 0;
    case "registry":
      console.log(need(name).registry);
      return 0;
    case "node":
      await node(need(name), words[0], words[1]);
      return 0;
    case "partition":
      if (words[0] === undefined) throw new Error(HELP);
      if (words[1] === undefined) await need(name).partitionNode(Number(words[0]));
      else await need(name).partition(words[0], words[1]);
      return 0;
    case "heal":
      await need(name).heal();
      return 0;
    case "exec":
      return attended(need(name), rest);
    case "cleanup":
      for (const cleared of await clearStale(stateDir())) log(`cleared what cluster "${cleared}" left`);
      return 0;
    case "clean-registry": {
      const kept = listKept(stateDir());
      if (kept.length > 0) throw new Error(`clusters are running (${kept.join(", ")}); stop them first`);
      await cleanRegistry(log);
      return 0;
    }
    case "with-registry":
      return withRegistry(rest, log);
    default:
      throw new Error(`unknown command: ${command}\n${HELP}`);
  }
}

const [first, second] = process.argv.slice(2);
if (first === "keeper") void keeperMain(JSON.parse(second ?? "") as KeeperOptions);
else if (first === "hub") void hubMain(JSON.parse(second ?? "") as HubOptions);
else
  main(process.argv.slice(2)).then(
    code => process.exit(code),
    (error: unknown) => {
      log(error instanceof Error ? error.message : String(error));
      process.exit(1);
    },
  );
