/** A control plane that knows the kind, and nothing else. */
import { startControlPlane } from "../../../testbed/cluster";
import { applyCrd, Kubectl, until } from "../../../testbed/kubectl";
import { findTools } from "../../../testbed/tools";
import type { Spec } from "./cases";
import { Door, NAMESPACES } from "./door";

/** @returns the door, and what ends it with its control plane */
export async function openDoor(
  root: string,
  example: Spec,
): Promise<{ door: Door; close: () => Promise<void> }> {
  const tools = await findTools(["kubectl"], ["kubectl"], () => undefined);
  const plane = await startControlPlane({ controllers: false });
  try {
    const admin = new Kubectl(tools("kubectl"), plane.kubeconfig);
    await applyCrd(admin, root);
    for (const namespace of NAMESPACES) await admin.run(["create", "namespace", namespace]);
    const door = new Door(plane.kubeconfig);
    // The first write to a new kind waits for the API server to believe in it.
    await until("the kind is served", 30_000, async () => {
      const answer = await door.creates(example).catch(() => null);
      return answer !== null && answer.refusal === undefined ? true : undefined;
    });
    const close = async (): Promise<void> => {
      door.close();
      await plane.stop();
    };
    return { door, close };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}
