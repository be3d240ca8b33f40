/**
 * When a writer claims to go on alone (writerMayClaimSolo): its standby is silent and no operator is there to write the
 * record for it. Pure over ports.
 */
import { noEvidence, type AgentState, type OperatorMessage } from "../protocol";
import type { ClaimPort } from "./claim";
import type { AgentSessions, Clock, Log, OperatorLink } from "./ports";

/** Between two looks, ms. */
const LOOK_MS = 250;
/** Nobody was there for so long, ms: an operator that changes its leader is back sooner where it can be. */
const ALONE_MS = 1_000;
/** Pause after an attempt that failed, ms. */
const AGAIN_MS = 1_000;

export interface ClaimingOptions {
  clock: Clock;
  log: Log;
  claim: ClaimPort;
  sessions: AgentSessions;
}

/**
 * Stands between the server and the core, so that it knows whether an operator is connected that acts: a spare only
 * listens until it leads, and then tells the record first of all.
 */
export class Claiming implements AgentSessions {
  readonly #o: ClaimingOptions;
  readonly #acting = new Set<OperatorLink>();
  #aloneSinceMs: number | null = null;
  #cancel: () => void = () => undefined;

  constructor(options: ClaimingOptions) {
    this.#o = options;
    this.#lookIn(LOOK_MS);
  }

  stop(): void {
    this.#cancel();
  }

  onConnect(link: OperatorLink): void {
    this.#o.sessions.onConnect(link);
  }

  onDisconnect(link: OperatorLink): void {
    this.#acting.delete(link);
    this.#o.sessions.onDisconnect(link);
  }

  onMessage(link: OperatorLink, message: OperatorMessage): void {
    if (message.type === "record" || message.type === "command") this.#acting.add(link);
    this.#o.sessions.onMessage(link, message);
  }

  state(): AgentState {
    return this.#o.sessions.state();
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#o.clock.setTimer(ms, () => this.#look());
  }

  #look(): void {
    const { clock } = this.#o;
    const state = this.state();
    if (this.#acting.size > 0 || !mayClaim(state) || state.boot === null) {
      this.#aloneSinceMs = null;
      this.#lookIn(LOOK_MS);
      return;
    }
    this.#aloneSinceMs ??= clock.monotonicMs();
    if (clock.monotonicMs() - this.#aloneSinceMs < ALONE_MS) this.#lookIn(LOOK_MS);
    else void this.#claim(state.permission.obeyedN, { podUID: state.podUID, boot: state.boot });
  }

  async #claim(n: number, writer: { podUID: string; boot: string }): Promise<void> {
    const { claim, log, sessions } = this.#o;
    const record = await claim.claimSolo(n, writer);
    if (record !== null) {
      log.info("claimed to go on alone", { n: record.n });
      sessions.onMessage(nobody, { type: "record", record, evidence: noEvidence });
    }
    this.#lookIn(AGAIN_MS);
  }
}

/** @returns whether this is the writer of a Pair whose standby is silent */
function mayClaim({ boot, timesten, permission, peer, stopping }: AgentState): boolean {
  const { obeyedN, soloed, mode } = permission;
  const isPairWriter =
    obeyedN > 0 && soloed < obeyedN && mode !== "endless" && timesten.repState === "ACTIVE";
  return boot !== null && isPairWriter && !peer.connected && !stopping;
}

/** The record comes from no session. */
const nobody: OperatorLink = { send: () => undefined, close: () => undefined };
