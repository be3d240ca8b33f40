/** One request and one answer, each a line of JSON, over a Unix socket: how the outside asks the hub to act. */
import { chmodSync } from "node:fs";
import { createServer, connect, type Server } from "node:net";
import type { Output } from "./process";

/** What can be asked of a hub, with arguments and answers. */
export interface HubCalls {
  status(args: Record<string, never>): Promise<HubStatus>;
  addNode(args: { node?: number }): Promise<NodeStatus>;
  powerCut(args: { node: number }): Promise<NodeStatus>;
  shutDown(args: { node: number }): Promise<NodeStatus>;
  boot(args: { node: number }): Promise<NodeStatus>;
  remove(args: { node: number }): Promise<null>;
  partitionNode(args: { node: number }): Promise<null>;
  partition(args: { from: string; to: string }): Promise<null>;
  heal(args: Record<string, never>): Promise<null>;
  exec(args: { command: string; args: string[]; input?: string; timeoutMs?: number }): Promise<Output>;
}

export interface NodeStatus {
  readonly number: number;
  /** Name of the Node object and the host name. */
  readonly name: string;
  readonly address: string;
  readonly running: boolean;
  /** Cut off from the network by partitionNode. */
  readonly isolated: boolean;
  /** Process id of the node's pid 1 in the hub's pid namespace; undefined when it is off. */
  readonly pid?: number;
}

export interface HubStatus {
  readonly nodes: readonly NodeStatus[];
  /** One-direction cuts in force. */
  readonly cuts: readonly { readonly from: string; readonly to: string }[];
  /** Processes of the control plane that have ended although nobody stopped them. */
  readonly dead: readonly string[];
}

type Name = keyof HubCalls;
type Answer = { readonly result: unknown } | { readonly error: string };

/** Serves `calls` on the Unix socket `path`, readable by its owner only. */
export function serveCalls(path: string, calls: HubCalls): Promise<Server> {
  const handle = async (line: string): Promise<Answer> => {
    try {
      const { call, args } = JSON.parse(line) as { call: Name; args: never };
      if (!Object.hasOwn(calls, call)) return { error: `no such call: ${call}` };
      return { result: await calls[call](args) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
  const server = createServer({ allowHalfOpen: true }, socket => {
    let text = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (part: Buffer) => (text += part.toString()));
    socket.once("end", () => void handle(text).then(answer => socket.end(JSON.stringify(answer))));
  });
  return new Promise((done, fail) =>
    server.once("error", fail).listen(path, () => {
      chmodSync(path, 0o600);
      done(server);
    }),
  );
}

/** Asks the hub behind `path`. Throws with the hub's words when it fails, and when nobody answers. */
export function ask<N extends Name>(
  path: string,
  call: N,
  args: Parameters<HubCalls[N]>[0],
): Promise<Awaited<ReturnType<HubCalls[N]>>> {
  return new Promise((done, fail) => {
    const socket = connect({ path, allowHalfOpen: true }, () => socket.end(JSON.stringify({ call, args })));
    let text = "";
    socket.on("data", (part: Buffer) => (text += part.toString()));
    socket.once("error", error => fail(new Error(`the cluster does not answer: ${error.message}`)));
    socket.once("end", () => {
      if (text === "") return fail(new Error("the cluster ended before it answered"));
      const answer = JSON.parse(text) as Answer;
      if ("error" in answer) fail(new Error(answer.error));
      else done(answer.result as Awaited<ReturnType<HubCalls[N]>>);
    });
  });
}
