/**
 * ttIsql for a process that only carries its lines (launcher/main.go): the session itself lives in the daemon.
 * To the daemon: {op: "isql", argv, pid, cwd}, then {line} for every line and {end} after the last.
 * From it: {ready}, then {out} and {err} with text, and {exit} with the code.
 */
import type { Socket } from "node:net";
import { sendMessage, type Message } from "../shared/lines";
import { onBehalf } from "../utilities/context";
import { LineQueue, type Input } from "../utilities/isql/input";
import { ttIsqlOver } from "../utilities/isql/ttIsql";

/** Lines as they come over the socket. */
class CarriedInput implements Input {
  readonly isTerminal = false;
  onGone?: () => void;
  private readonly queue = new LineQueue();

  constructor(private readonly write: (text: string) => void) {}

  take({ line }: Message): void {
    if (typeof line === "string") this.queue.push(line);
    else this.queue.end();
  }

  gone(): void {
    this.queue.drop();
    this.onGone?.();
  }

  next(prompt: string): Promise<string | null> {
    if (prompt !== "") this.write(prompt);
    return this.queue.next();
  }

  close(): void {
    this.queue.end();
  }
}

/**
 * @param socket the carrier's connection; it is closed when the session has ended
 * @param hello the message that asked for the session
 * @returns what takes the messages that follow
 */
export function isqlSession(socket: Socket, hello: Message): (message: Message) => void {
  const out = (text: string): void => void sendMessage(socket, { out: text });
  const input = new CarriedInput(out);
  const carrier = {
    out,
    err: (text: string) => void sendMessage(socket, { err: text }),
    pid: Number(hello.pid),
    cwd: String(hello.cwd),
  };
  const argv = Array.isArray(hello.argv) ? hello.argv.map(String) : [];
  socket.on("close", () => input.gone());
  sendMessage(socket, { ready: true });
  void onBehalf(carrier, () => ttIsqlOver(argv, () => input)).then(code => {
    sendMessage(socket, { exit: code });
    socket.end();
  });
  return message => input.take(message);
}
