/** Hands a larger storageSize to a claim. Whether its volume can grow is the storage class's matter. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { identityOf, resources } from "../../objects";
import { KubeError } from "../../runtime/ports";
import type { Effect, EventText } from "../decision";
import type { PairMemory } from "../observe/memory";
import type { Executor } from "./execute";

/** Asked once for each size: a class that cannot do it will not learn it within the life of this process. */
export async function grow(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  { claim: { name, uid, from, to } }: Effect & { do: "grow" },
): Promise<void> {
  if (memory.notGrown.get(name) === to || memory.grown.get(name) === to) return;
  const patch = { metadata: { uid }, spec: { resources: { requests: { storage: to } } } };
  x.mayAct();
  try {
    await x.kube.mergePatch(resources.persistentVolumeClaim, identityOf(object).namespace, name, patch);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 404 || error.status === 409) return;
    if (error.status !== 403 && error.status !== 422) throw error;
    memory.notGrown.set(name, to);
    memory.pendingEvents.push(notGrown(name, from, to, error.message));
    return;
  }
  memory.grown.set(name, to);
  memory.pendingEvents.push(grown(name, from, to));
}

/** @returns the Events about it */
export const grown = (name: string, from: string, to: string): EventText => ({
  type: "Normal",
  reason: "Change",
  message: `Claim ${name} asks for ${to} instead of ${from}`,
});
export const notGrown = (name: string, from: string, to: string, why: string): EventText => ({
  type: "Warning",
  reason: "ClaimNotGrown",
  message: `Claim ${name} stays at ${from} and does not grow to ${to}: ${why}`,
});
