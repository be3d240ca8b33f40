/** Whoever looks at an object when told to: the engine. Telling it costs nothing and never fails. */
export interface Kick {
  enqueue(namespace: string, name: string): void;
}

/** Takes keys before the engine runs and hands them over once it does. */
export class PendingKick implements Kick {
  #target: Kick | null = null;
  readonly #waiting = new Map<string, [namespace: string, name: string]>();

  enqueue(namespace: string, name: string): void {
    if (this.#target === null) this.#waiting.set(`${namespace}/${name}`, [namespace, name]);
    else this.#target.enqueue(namespace, name);
  }

  /** @param target gets every key that came so far, once, and all later ones */
  handOver(target: Kick): void {
    this.#target = target;
    for (const [namespace, name] of this.#waiting.values()) target.enqueue(namespace, name);
    this.#waiting.clear();
  }
}
