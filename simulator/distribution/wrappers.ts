/** The scripts in bin/: each starts the bundle under Node with the utility's name. */

/** Utilities of a distribution. */
export const utilityNames = [
  "ttInstanceCreate",
  "ttInstanceModify",
  "ttVersion",
  "ttDaemonAdmin",
  "ttStatus",
  "ttDaemonLog",
  "ttDestroy",
  "ttShmSize",
  "ttAdmin",
  "ttRepAdmin",
  "ttIsql",
  "ttIsqlCS",
  "ttwriter",
] as const;

/** Those whose work is the daemon's: it runs them itself for a launcher that is no Node (launcher/main.go). */
export const daemonUtilities: readonly string[] = ["ttAdmin", "ttStatus", "ttIsql"];

/**
 * @param utility name
 * @param installation directory whose lib/simulator.cjs to run; absent: the one the script lies in
 * @param home instance to work on, unless the environment names another
 */
export function wrapperScript(utility: string, installation?: string, home?: string): string {
  const lines = ["#!/bin/sh"];
  if (installation === undefined) {
    lines.push('case "$0" in */*) here=${0%/*} ;; *) here=$(dirname "$(command -v "$0")") ;; esac');
  }
  if (home !== undefined) lines.push(`TIMESTEN_HOME="${home}"`, "export TIMESTEN_HOME");
  const library = installation === undefined ? "$here/../lib" : `${installation}/lib`;
  const node = `"\${TT_SIM_NODE:-/usr/local/bin/node}" "${library}/simulator.cjs" ${utility} "$@"`;
  const launcher = `"${library}/ttsim"`;
  if (daemonUtilities.includes(utility)) lines.push(`[ ! -x ${launcher} ] || exec ${launcher} ${node}`);
  lines.push(`exec ${node}`, "");
  return lines.join("\n");
}

/** @returns a utility of a distribution that does not work: it complains and ends */
export function brokenScript(utility: string): string {
  return `#!/bin/sh\necho "${utility}: this distribution is broken on purpose" >&2\nexit 1\n`;
}
