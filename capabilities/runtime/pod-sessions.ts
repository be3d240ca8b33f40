/** Sessions kept one per pod, by the pod's UID: its successor of the same name is another pod. */
import type { AgentAddress } from "./ports";

/** One kept session. */
export interface PodSession {
  /** With another address (or other credentials) it is dialled anew; what is known of the other side stays. */
  setAddress(address: AgentAddress): void;
  /** Closes for good. */
  end(reason: string): void;
}

/**
 * @param podUID of the pod
 * @param onChange to be called when the other side connected, went or told something new
 */
export type MakePodSession<S> = (podUID: string, onChange: () => void, address: AgentAddress) => S;

export class PodSessions<S extends PodSession> {
  readonly #make: MakePodSession<S>;
  readonly #sessions = new Map<string, S>();
  readonly #listeners = new Set<(key: string) => void>();

  /** @param make dials at once */
  constructor(make: MakePodSession<S>) {
    this.#make = make;
  }

  /**
   * Keeps a session with this pod until `unwant`. Saying it again changes nothing but the address.
   * @param key of the object, told to the listeners of `onChange`
   */
  want(podUID: string, key: string, address: AgentAddress): void {
    const known = this.#sessions.get(podUID);
    if (known !== undefined) {
      known.setAddress(address);
      return;
    }
    this.#sessions.set(
      podUID,
      this.#make(podUID, () => this.#tell(key), address),
    );
  }

  /** Ends the session and forgets what is known of the other side. */
  unwant(podUID: string): void {
    this.#sessions.get(podUID)?.end("no longer wanted");
    this.#sessions.delete(podUID);
  }

  /** @returns the UIDs of the pods that are wanted */
  wanted(): string[] {
    return [...this.#sessions.keys()];
  }

  /** Called with the object's key when one of its sessions has news. @returns a function that ends that */
  onChange(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends all sessions. */
  stop(): void {
    for (const podUID of this.wanted()) this.unwant(podUID);
  }

  /** @returns the session with that pod, if it is wanted */
  protected session(podUID: string): S | undefined {
    return this.#sessions.get(podUID);
  }

  #tell(key: string): void {
    for (const listener of [...this.#listeners]) listener(key);
  }
}

/** @returns whether dialling either comes to the same */
export function sameAddress(a: AgentAddress, b: AgentAddress): boolean {
  return (
    a.ip === b.ip &&
    a.port === b.port &&
    a.serverName === b.serverName &&
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key
  );
}
