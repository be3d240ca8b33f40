/** The way to the other pod's agent and witness as it is in a pod: WebSocket over TLS with certificates on both sides. */
import type { ConnectionOptions } from "node:tls";
import { WebSocket, type ClientOptions } from "ws";
import type { ZodType } from "zod";
import {
  AGENT_PORT,
  dialOptions,
  peerAnswerSchema,
  speakOver,
  WITNESS_PORT,
  witnessMessageSchema,
  type Dial,
} from "../../protocol";
import type { Clock, Log, PeerPort } from "../ports";
import type { TlsFiles } from "../server/tls";
import { PeerSession } from "./session";

export interface PeerClientOptions {
  /** DNS name of the other pod, which its certificate must carry. */
  host: string;
  tls: TlsFiles;
  clock: Clock;
  log: Log;
  self: { podName: string; podUID: string; objectUID: string };
  /** Where they are elsewhere than usual (tests). */
  places?: { address: string; agentPort: number; witnessPort: number };
}

/** @returns the port of the agent's core to the other pod; nothing is dialled before it is started */
export function peerClient(o: PeerClientOptions): PeerPort {
  const { places } = o;
  const url = (port: number) => `wss://${places?.address ?? o.host}:${port}/`;
  return new PeerSession({
    clock: o.clock,
    log: o.log,
    self: o.self,
    dialAgent: dialling(peerAnswerSchema, url(places?.agentPort ?? AGENT_PORT), o),
    dialWitness: dialling(witnessMessageSchema, url(places?.witnessPort ?? WITNESS_PORT), o),
  });
}

/** The name is resolved and the certificates are read anew at each dial: both may change. */
function dialling<Out, In>(schema: ZodType<In>, url: string, o: PeerClientOptions): Dial<Out, In> {
  return handlers => {
    let givenUp = false;
    let giveUp: () => void = () => undefined;
    o.tls.read().then(
      material => {
        if (givenUp) return;
        const options: ClientOptions & ConnectionOptions = dialOptions(material, o.host);
        giveUp = speakOver(schema, new WebSocket(url, options), handlers);
      },
      (error: unknown) => {
        if (!givenUp) handlers.onClose(`no certificate: ${String(error)}`);
      },
    );
    return () => {
      givenUp = true;
      giveUp();
    };
  };
}
