/** How a process of the agent starts another one of itself. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The injected Node runs through its own loader with its own libraries, so that it works in an image of any age. The
 * loader must be spelt out: a plain start of `node` would take the image's.
 * @param folder where agent.cjs lies
 * @param script path of agent.cjs
 * @returns program and arguments in front of the agent's own
 */
export function agentCommand(folder: string, script: string): [string, ...string[]] {
  const loader = join(folder, "lib", "ld-linux-x86-64.so.2");
  const node = join(folder, "node");
  if (existsSync(loader) && existsSync(node))
    return [loader, "--library-path", join(folder, "lib"), node, script];
  return [process.execPath, script];
}
