/** One session with the witness: of an operator replica, or of the other pod's agent. Both only listen. */
import { witnessRequestSchema, type WitnessMessage, type WitnessRequest } from "../../protocol";
import type { Clock, Log } from "../ports";
import { commonVersion, noCommonVersion, ServedSession, type Wire } from "../server/served";
import type { Witness, WitnessLinkPort } from "./core";

export interface WitnessLinkOptions {
  witness: Witness;
  wire: Wire;
  clock: Clock;
  log: Log;
}

export class WitnessLink implements WitnessLinkPort {
  readonly #session: ServedSession<WitnessRequest, WitnessMessage>;

  constructor({ witness, wire, clock, log }: WitnessLinkOptions) {
    this.#session = new ServedSession<WitnessRequest, WitnessMessage>({
      wire,
      clock,
      log,
      schema: witnessRequestSchema,
      client: "listener",
      stateType: "witnessState",
      greet: message => {
        if (message.type !== "witnessHello") return { refusal: `${message.type} before witnessHello` };
        const version = commonVersion(message.versions);
        if (version === null) return { refusal: noCommonVersion("witness") };
        return { welcome: { type: "witnessWelcome", version, state: witness.state() }, who: message.who };
      },
      onOpen: () => witness.onConnect(this),
      onMessage: () => null,
      onEnd: () => witness.onDisconnect(this),
    });
  }

  send(message: WitnessMessage): void {
    this.#session.send(message);
  }

  close(): void {
    this.#session.close("closed by the witness");
  }

  /** A frame arrived. */
  received(frame: string): void {
    this.#session.received(frame);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#session.disconnected();
  }
}
