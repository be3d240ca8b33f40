/**
 * The upgrades that the documents show, as lists of Events: what is to be told, and in which order. Messages of one age
 * are listed there in no particular order, so a step is a set; the order of the steps counts.
 */

/** Messages that are told together, in any order. */
export type Step = readonly string[];

/** What else may be told of a Pod in between: the two listings differ in Instance, CacheAgent and RepScheme. */
const MORE_OF_A_POD =
  /^Pod \S+ (Agent|Release|Instance|Daemon|Database|RepState|RepAgent|RepScheme|CacheAgent) /;

/** The pair from one state to the next. */
const now = (from: string, to: string): Step => [`TimesTenClassic was ${from}, now ${to}`];

/** A Pod comes back and is made the standby. */
function standbyMade(pod: string, release: string, only: (message: string) => boolean = () => true): Step[] {
  const told = (messages: string[]): string[] =>
    messages.map(message => `Pod ${pod} ${message}`).filter(only);
  return [
    told(["Agent Up", `Release ${release}`, "Instance Exists", "Daemon Up", "Database None"]),
    told([
      "RepState IDLE",
      "Database Loaded",
      "CacheAgent Not Running",
      "RepAgent Not Running",
      "RepScheme Exists",
      "Database Not Updatable",
    ]),
    told(["RepAgent Running", "RepState STANDBY"]),
  ];
}

/** The standby takes over. */
function takeover(standby: string): Step[] {
  return [
    now("Normal", "ActiveDown"),
    [
      `Pod ${standby} RepState ACTIVE`,
      `Pod ${standby} Database Updatable`,
      ...now("ActiveDown", "ActiveTakeover"),
    ],
    now("ActiveTakeover", "StandbyDown"),
  ];
}

export interface Upgraded {
  /** Roles before. */
  active: string;
  standby: string;
  /** Of the new image. */
  release: string;
}

/** @returns the listing of `sample`: imageUpgradeStrategy auto */
export function automaticUpgrade({ active, standby, release }: Upgraded): Step[] {
  return [
    ["Image updated, automatic upgrade started"],
    [`Deleted STANDBY pod ${standby} per upgrade`],
    now("Normal", "ActiveTakeover"),
    now("ActiveTakeover", "StandbyDown"),
    ...standbyMade(standby, release),
    now("StandbyDown", "Normal"),
    [`Deleted ACTIVE pod ${active} per upgrade`],
    ...takeover(standby),
    ...standbyMade(active, release),
    ["Upgrade of ACTIVE complete"],
    ["Upgrade completed in <n> secs"],
    now("StandbyDown", "Normal"),
  ];
}

/** What the listing of `sample2` does not show of a Pod. */
const inSample2 = (message: string): boolean => !/ (Instance|CacheAgent|RepScheme) /.test(message);

/** @returns the listing of `sample2`: a person deletes the standby's Pod, then the active's */
export function manualUpgrade({ active, standby, release }: Upgraded): Step[] {
  return [
    ["Image updated, automatic upgrade disabled"],
    now("Normal", "ActiveTakeover"),
    now("ActiveTakeover", "StandbyDown"),
    ...standbyMade(standby, release, inSample2),
    now("StandbyDown", "Normal"),
    ...takeover(standby),
    ...standbyMade(active, release, inSample2),
    now("StandbyDown", "Normal"),
  ];
}

/** What varies in a message of the listings. */
const general = (message: string): string =>
  message.replace(/^Upgrade completed in \d+ secs$/, "Upgrade completed in <n> secs");

/**
 * @param told messages in the order in which they were told
 * @returns what is missing, out of order or too much, for people; empty when all is as listed
 */
export function differences(told: readonly string[], steps: readonly Step[]): string[] {
  const rest = told.map(general);
  const wrong: string[] = [];
  for (const [index, step] of steps.entries()) {
    const missing = new Set(step);
    while (missing.size > 0) {
      const message = rest.shift();
      if (message === undefined) {
        const last = [...missing].map(one => `"${one}"`).join(", ");
        return [...wrong, `step ${index + 1} of ${steps.length}: not told: ${last}`];
      }
      if (missing.delete(message) || MORE_OF_A_POD.test(message)) continue;
      wrong.push(
        `step ${index + 1} of ${steps.length}: "${message}" was told while [${[...missing].join("; ")}] was awaited`,
      );
    }
  }
  const more = rest.filter(message => !MORE_OF_A_POD.test(message));
  return [...wrong, ...more.map(message => `after the end: "${message}"`)];
}
