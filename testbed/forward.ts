/**
 * TCP into the cluster's network from outside its namespaces. The hub (inside) listens on a Unix socket, which is a file
 * and so is reachable from outside; the first line of a connection names the address, the rest is the stream.
 */
import { createServer, connect, type Server, type Socket } from "node:net";

/** A listener on 127.0.0.1 that leads into the cluster. */
export interface Forward {
  readonly port: number;
  close(): void;
}

const FIRST_LINE_MAX = 256;

/** Both directions, each closed when its source is; an error on one side ends both. */
function join(a: Socket, b: Socket): void {
  a.pipe(b);
  b.pipe(a);
  a.on("error", () => b.destroy());
  b.on("error", () => a.destroy());
  a.on("close", () => b.destroy());
  b.on("close", () => a.destroy());
}

/** Inside: serves `path` (a Unix socket's file). */
export function serveForward(path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    let head = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    const onData = (part: Buffer): void => {
      head = Buffer.concat([head, part]);
      const end = head.indexOf(10);
      if (end < 0) {
        if (head.length > FIRST_LINE_MAX) socket.destroy();
        return;
      }
      socket.off("data", onData);
      socket.pause();
      const [host = "", port = ""] = head.subarray(0, end).toString().split(":");
      const target = connect({ host, port: Number(port), allowHalfOpen: true }, () => {
        target.write(head.subarray(end + 1));
        join(socket, target);
      });
      target.on("error", () => socket.destroy());
      socket.on("close", () => target.destroy());
    };
    socket.on("data", onData);
  });
  return new Promise((done, fail) => server.once("error", fail).listen(path, () => done(server)));
}

/** Outside: a free port of 127.0.0.1 that leads to `address` ("host:port" as the hub sees it) by the hub's `path`. */
export function openForward(path: string, address: string): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, socket => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    const target = connect({ path, allowHalfOpen: true }, () => {
      target.write(`${address}\n`);
      join(socket, target);
    });
    target.on("error", () => socket.destroy());
  });
  const close = (): void => {
    server.close();
    open.forEach(s => s.destroy());
  };
  return new Promise((done, fail) =>
    server.once("error", fail).listen(0, "127.0.0.1", () => {
      done({ port: (server.address() as { port: number }).port, close });
    }),
  );
}
