/**
 * The way to the agents and witnesses: WebSocket over TLS with certificates on both sides. We connect to the pod's address, because
 * DNS may be late or old, and verify the pod's DNS name, because addresses are given to the next pod.
 */
import { isIPv6 } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { WebSocket, type ClientOptions } from "ws";
import { agentMessageSchema, dialOptions, speakOver, witnessMessageSchema } from "../../../protocol";
import type { AgentAddress, AgentTransport, WitnessTransport } from "../ports";

export const agentTransport: AgentTransport = {
  dial: (address, handlers) => speakOver(agentMessageSchema, socketTo(address), handlers),
};

export const witnessTransport: WitnessTransport = {
  dial: (address, handlers) => speakOver(witnessMessageSchema, socketTo(address), handlers),
};

function socketTo(address: AgentAddress): WebSocket {
  const { ip, port, serverName } = address;
  const options: ClientOptions & ConnectionOptions = dialOptions(address, serverName);
  return new WebSocket(`wss://${isIPv6(ip) ? `[${ip}]` : ip}:${port}/`, options);
}
