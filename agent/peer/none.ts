import type { PeerPort } from "../ports";

/** No other agent: a database of its own, or an agent outside of a pod. */
export const noPeer: PeerPort = { start: () => undefined, send: () => false, stop: () => undefined };
