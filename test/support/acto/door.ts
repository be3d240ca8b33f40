/** What stands between a user and the store: a real API server with the CRD, then mutators and validators as functions. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { addedDefaults } from "../../../capabilities/mutators/default";
import { defaults } from "../../../capabilities/mutators";
import { checks } from "../../../capabilities/validators/checks";
import { validate } from "../../../capabilities/validators/validate";
import type { TimesTenClassicObject, TtSpec } from "../../../generated/types";
import {
  kubeClient,
  KubeError,
  readKubeconfig,
  type KubeClient,
  type KubeObject,
} from "../../../testbed/kube";
import type { Spec } from "./cases";

/** Of one question: the spec as it is stored, or why it is refused. */
export type Answer = { spec: Spec; refusal?: undefined } | { refusal: string };

interface Classic extends KubeObject {
  readonly spec: Spec;
}

/** Of objects that are changed. */
const NAMESPACE = "mynamespace";
/** Of objects that are only asked about: where there is none of that name. */
const EMPTY_NAMESPACE = "nothing";
export const NAMESPACES = [NAMESPACE, EMPTY_NAMESPACE];
const NAME = "sample";
const collection = (namespace: string): string =>
  `/apis/timesten.oracle.com/v1/namespaces/${namespace}/timestenclassics`;
const OBJECT = `${collection(NAMESPACE)}/${NAME}`;
const STRICT = "fieldValidation=Strict";
const DRY = `${STRICT}&dryRun=All`;

/** Asks the API server, then the validators. */
export class Door {
  readonly #client: KubeClient;

  /** @param kubeconfig of a control plane that has the CRD and NAMESPACES */
  constructor(kubeconfig: string) {
    this.#client = kubeClient(readKubeconfig(readFileSync(kubeconfig, "utf8")));
  }

  close(): void {
    this.#client.close();
  }

  /** @returns the answer to a creation; nothing is stored */
  creates(spec: Spec): Promise<Answer> {
    return again(() => this.#creates(spec));
  }

  /** Stores the object, whatever was there. @throws Error when it is refused */
  put(spec: Spec): Promise<Spec> {
    return again(() => this.#put(spec));
  }

  /** @returns the answer to an update of the stored object, which has that spec afterwards unless it is refused */
  changes(spec: Spec): Promise<Answer> {
    return again(() => this.#changes(spec));
  }

  async #creates(spec: Spec): Promise<Answer> {
    return this.#ask("POST", `${collection(EMPTY_NAMESPACE)}?${DRY}`, classic(spec, EMPTY_NAMESPACE), null);
  }

  async #put(spec: Spec): Promise<Spec> {
    await this.#client.request("DELETE", OBJECT).catch((error: unknown) => {
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
    });
    const answer = await this.#ask("POST", `${collection(NAMESPACE)}?${STRICT}`, classic(spec), null);
    if (answer.refusal !== undefined) throw new Error(`the object to change is refused: ${answer.refusal}`);
    return answer.spec;
  }

  async #changes(spec: Spec): Promise<Answer> {
    const old = await this.#client.request<Classic>("GET", OBJECT);
    const wanted = { ...classic(spec), metadata: old.metadata };
    const tried = await this.#ask("PUT", `${OBJECT}?${DRY}`, wanted, old);
    if (tried.refusal !== undefined) return tried;
    return this.#ask("PUT", `${OBJECT}?${STRICT}`, { ...wanted, spec: tried.spec }, old);
  }

  async #ask(method: string, path: string, body: object, old: Classic | null): Promise<Answer> {
    let stored: Classic;
    try {
      stored = await this.#client.request<Classic>(method, path, mutated(body));
    } catch (error) {
      if (error instanceof KubeError && (error.status === 422 || error.status === 400))
        return { refusal: error.message };
      throw error;
    }
    const { denial } = validate(
      { faults: checks, doubts: {} },
      stored as unknown as TimesTenClassicObject,
      old as unknown as TimesTenClassicObject | null,
    );
    return denial === null ? { spec: stored.spec } : { refusal: denial };
  }
}

/** Tries, pauses, ms: a machine that stands still for a while lets requests time out. */
const TRIES = 5;
const PAUSE_MS = 1_000;

/** Does it once more when the API server could not be asked. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const final = error instanceof KubeError && error.status < 500 && error.status !== 409;
      if (final || tries === TRIES) throw error;
      await delay(PAUSE_MS);
    }
  }
}

function classic(
  spec: Spec,
  namespace = NAMESPACE,
): { apiVersion: string; kind: string; metadata: object; spec: Spec } {
  return {
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: { name: NAME, namespace },
    spec,
  };
}

/** As the mutating webhook answers, which comes before the schema. */
function mutated(body: object): object {
  const { spec } = body as { spec?: { ttspec?: Partial<TtSpec> | null } };
  const ttspec = spec?.ttspec;
  if (typeof ttspec !== "object" || ttspec === null || Array.isArray(ttspec)) return body;
  return { ...body, spec: { ...spec, ttspec: { ...ttspec, ...addedDefaults(defaults, ttspec) } } };
}
