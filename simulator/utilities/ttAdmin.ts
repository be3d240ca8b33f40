/** ttAdmin: policies, load and unload, open and close, agents. */
import type { Policies } from "../daemon/registry";
import { parseArguments, UsageError, type Arguments } from "../shared/args";
import type { Message } from "../shared/lines";
import { askDaemon, connectionString, guarded, print } from "./context";

const flagNames = [
  "query",
  "ramload",
  "ramunload",
  "open",
  "close",
  "disconnect",
  "transactional",
  "immediate",
  "abort",
  "users",
  "unload",
  "repstart",
  "repstop",
  "cachestart",
  "cachestop",
  "cacheuidpwdset",
  "cacheuidget",
  "h",
  "help",
  "autoreload",
  "noautoreload",
];
const valueNames = [
  "connstr",
  "rampolicy",
  "ramgrace",
  "reppolicy",
  "cachepolicy",
  "cacheuid",
  "cachepwd",
  "stoptimeout",
];

const policyWords: Record<string, string> = {
  always: "always",
  manual: "manual",
  inuse: "inUse",
  norestart: "norestart",
};

/** Lines of the policy block. */
export function policyBlock(policies: Policies): string[] {
  const word = (value: boolean): string => (value ? "True" : "False");
  return [
    `RAM Residence Policy            : ${policies.ramPolicy}`,
    ...(policies.ramPolicy === "manual"
      ? [`Manually Loaded In RAM          : ${word(policies.manuallyLoaded)}`]
      : []),
    `Replication Agent Policy        : ${policies.repPolicy}`,
    `Replication Manually Started    : ${word(policies.repStarted)}`,
    `Cache Agent Policy              : ${policies.cachePolicy}`,
    "Cache Agent Manually Started    : False",
    `Database State                  : ${policies.open ? "Open" : "Closed"}`,
  ];
}

function policyWord(values: Map<string, string>, option: string, allowed: string[]): string {
  const word = policyWords[(values.get(option) ?? "").toLowerCase()];
  if (word === undefined || !allowed.includes(word))
    throw new UsageError(`-${option} must be one of ${allowed.join(", ")}`);
  return word;
}

/** The daemon's requests for what the options ask for, in order. */
function requests({ flags, values }: Arguments): Message[] {
  const list: Message[] = [];
  if (values.has("rampolicy"))
    list.push({ op: "ramPolicy", policy: policyWord(values, "rampolicy", ["always", "manual", "inUse"]) });
  const open = flags.has("open") ? true : flags.has("close") ? false : null;
  if (flags.has("ramload")) list.push({ op: "ramLoad", open });
  else if (open !== null) list.push({ op: "open", open });
  if (flags.has("disconnect")) {
    const urgency = ["transactional", "immediate", "abort"].find(word => flags.has(word));
    if (urgency === undefined) throw new UsageError("-disconnect needs -transactional, -immediate or -abort");
    list.push({ op: "disconnect", urgency, unload: flags.has("unload") });
  }
  if (flags.has("ramunload")) list.push({ op: "ramUnload" });
  if (values.has("reppolicy"))
    list.push({
      op: "repPolicy",
      policy: policyWord(values, "reppolicy", ["always", "manual", "norestart"]),
    });
  if (values.has("cachepolicy"))
    list.push({
      op: "cachePolicy",
      policy: policyWord(values, "cachepolicy", ["always", "manual", "norestart"]),
    });
  if (flags.has("cacheuidpwdset")) list.push({ op: "cacheUser", user: values.get("cacheuid") ?? "" });
  if (flags.has("repstart") || flags.has("repstop"))
    list.push({ op: "replication", start: flags.has("repstart") });
  if (list.length === 0) list.push({ op: "query" });
  return list;
}

/** Entry. */
export function ttAdmin(argv: string[]): Promise<number> {
  return guarded("ttAdmin", async instance => {
    const parsed = parseArguments(argv, flagNames, valueNames);
    if (parsed.flags.has("cachestart") || parsed.flags.has("cachestop"))
      throw new Error("the simulator has no cache agent");
    const connStr = connectionString(parsed.values, parsed.rest);
    let policies: Policies | null = null;
    for (const request of requests(parsed))
      policies = (await askDaemon(instance, { ...request, connStr })).policies as Policies;
    if (policies !== null) policyBlock(policies).forEach(line => print(line));
    return 0;
  });
}
