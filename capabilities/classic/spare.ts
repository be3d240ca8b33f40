/**
 * What a replica that does not lead does with news: it listens to all agents and witnesses, so that the one that takes
 * over knows at once what the last leader knew. It writes nothing and tells nobody anything.
 */
import { identityOf } from "../objects";
import type { PassResult } from "../runtime/queue";
import { checkSecret, type PassContext } from "./pass";

/** Without the credentials of its sessions it looks for them again after this, ms: the leader may be making them. */
const NO_SECRET_MS = 2_000;

export type SpareContext = Pick<PassContext, "world" | "around" | "memoryOf" | "forget">;

/** @throws what the API server answers about the Secret; the queue tries again */
export async function listenOnly(c: SpareContext, key: string): Promise<PassResult> {
  const object = c.around.object(key);
  if (object === null) {
    c.forget(key);
    return {};
  }
  const memory = c.memoryOf(key, identityOf(object).uid);
  await checkSecret(c, object, memory);
  c.around.wantSessions(key, object, memory);
  c.around.hear(object, memory);
  memory.stepBack();
  return memory.credentials === null ? { wakeAfterMs: NO_SECRET_MS } : {};
}
