/**
 * The guard inside the agent's own process: for tests and for an agent outside of a pod. It cannot help where the
 * agent hangs; in a pod the guard is a process of its own.
 */
import type { FromGuard, Life, Permit } from "../../protocol";
import type { GuardPort } from "../ports";
import { Guard, type GuardOptions } from "./core";

/** @returns a port to a guard that is always there */
export function localGuard(options: Omit<GuardOptions, "onSend" | "store">): GuardPort {
  const waiting = new Map<number, () => void>();
  let acted: (boot: string, what: "closed" | "killed") => void = () => undefined;
  let nextId = 0;
  const guard = new Guard({
    ...options,
    store: { load: async () => null, save: async () => undefined },
    onSend: message => {
      if (message.type === "done") {
        waiting.get(message.id)?.();
        waiting.delete(message.id);
      } else if (message.type === "acted") acted(message.boot, message.what);
    },
  });
  const confirmed = (send: (id: number) => void): Promise<void> =>
    new Promise(resolve => {
      const id = ++nextId;
      waiting.set(id, resolve);
      send(id);
    });
  return {
    onState: callback => {
      const hello = guard.hello() as FromGuard & { type: "hello" };
      callback({ life: hello.life, permit: hello.permit });
    },
    life: (life: Life) => guard.onMessage({ type: "life", life }),
    lifeOver: boot => guard.onMessage({ type: "lifeOver", boot }),
    permit: (permit: Permit) => confirmed(id => guard.onMessage({ type: "permit", id, permit })),
    rest: boot => confirmed(id => guard.onMessage({ type: "rest", id, boot })),
    onActed: callback => {
      acted = callback;
    },
  };
}
