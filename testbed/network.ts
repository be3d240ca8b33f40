/** The network of a cluster, all of it inside its own namespaces: a bridge in the hub, a cable to each node. */
import { writeFileSync } from "node:fs";
import { HUB_ADDRESS, HUB_PREFIX, type NodeIdentity } from "./node-files";
import { must, run } from "./process";

const BRIDGE = "testbed0";

/** The hub's end of the cable to node `number`. */
export const cable = (number: number): string => `node${number}`;

const ip = (commands: readonly string[]): Promise<string> =>
  must("ip", ["-batch", "-"], { input: commands.join("\n") + "\n" });

/** Nodes send to each other's pods through the bridge and remember it by this. */
const BRIDGE_MAC = "02:74:74:00:00:01";

/** In the hub: bridge, address, routing. */
export async function setUpHub(): Promise<void> {
  await ip([
    "link set lo up",
    // An address of its own: else it takes the lowest of its ports, and changes when a node's cable goes.
    `link add ${BRIDGE} address ${BRIDGE_MAC} type bridge`,
    `addr add ${HUB_ADDRESS}/${HUB_PREFIX} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  ]);
  const settings = { ip_forward: "1", "conf/all/send_redirects": "0", "conf/default/send_redirects": "0" };
  for (const [name, value] of Object.entries(settings)) writeFileSync(`/proc/sys/net/ipv4/${name}`, value);
  writeFileSync(`/proc/sys/net/ipv4/conf/${BRIDGE}/send_redirects`, "0");
}

/** In the hub: a cable to the node whose pid 1 is `pid`; the other end is its eth0, still without an address. */
export async function plugIn(node: NodeIdentity, pid: number): Promise<void> {
  const name = cable(node.number);
  await ip([
    `link add ${name} type veth peer name eth0 netns ${pid}`,
    `link set ${name} master ${BRIDGE} up`,
    `route replace ${node.podCidr} via ${node.address}`,
  ]);
}

/** In the hub: the cable goes (also when it is gone already, with the node's namespace). */
export async function unplug(node: NodeIdentity): Promise<void> {
  await run("ip", ["link", "del", cable(node.number)]);
  await run("ip", ["route", "del", node.podCidr]);
}

/** In the hub: cuts or joins the cable to a node. Containers run on, whichever it is. */
export async function setCable(node: NodeIdentity, up: boolean): Promise<void> {
  await ip([
    `link set ${cable(node.number)} ${up ? "up" : "down"}`,
    // The route goes with the link's state on some kernels; `replace` is harmless where it does not.
    ...(up ? [`route replace ${node.podCidr} via ${node.address}`] : []),
  ]);
}

/** A cut of all packets from one address to another; the other direction is open. */
export interface Cut {
  readonly from: string;
  readonly to: string;
}

/**
 * Rules that make exactly `cuts`, for `iptables-restore --noflush` in one namespace. They stand in the mangle table, where
 * destinations of Services are resolved already, and see what is forwarded, received and sent there; pods of one node
 * talk over a bridge, whose packets pass FORWARD as well (bridge-nf-call-iptables).
 */
export function cutRules(cuts: readonly Cut[]): string {
  const hooks = ["FORWARD", "INPUT", "OUTPUT"];
  return [
    "*mangle",
    ...hooks.map(hook => `:TESTBED-${hook} - [0:0]`),
    ...hooks.flatMap(hook => cuts.map(c => `-A TESTBED-${hook} -s ${c.from} -d ${c.to} -j DROP`)),
    "COMMIT",
    "",
  ].join("\n");
}

/** Puts `cuts` in force in the hub (`pid` undefined) or in the network namespace of process `pid`. */
export async function applyCuts(cuts: readonly Cut[], pid: number | undefined): Promise<void> {
  const enter = pid === undefined ? [] : ["nsenter", `--net=/proc/${pid}/ns/net`];
  const iptables = (command: string, ...args: string[]): [string, string[]] => {
    const [first = command, ...rest] = [...enter, command, ...args];
    return [first, rest];
  };
  // A chain named in the input is flushed (iptables-restore(8)), so what was in force before goes.
  await must(...iptables("iptables-restore", "--noflush", "--wait", "5"), { input: cutRules(cuts) });
  for (const hook of ["FORWARD", "INPUT", "OUTPUT"]) {
    const rule = [hook, "-j", `TESTBED-${hook}`];
    const there = await run(...iptables("iptables", "--wait", "5", "-t", "mangle", "-C", ...rule));
    if (there.code !== 0) await must(...iptables("iptables", "--wait", "5", "-t", "mangle", "-I", ...rule));
  }
}
