/**
 * One connection between two processes of the world: frames both ways, in order, each direction held by itself while
 * it is cut. Only an end that lives says goodbye: from one that lost its power nothing comes any more.
 */
import type { ZodType } from "zod";
import { parseMessage, type DialHandlers } from "../../../../protocol";
import type { VirtualTime } from "../clock";
import { Channel, type VirtualProcess } from "../process";

/** Where an end of a connection is. */
export interface Place {
  /** Pod or operator. */
  name: string;
  /** null: on none of the pair's nodes. */
  node: string | null;
}

/** The server's end of one session, as the network sees it. */
export interface ServerSession {
  /** A text frame arrived. */
  receive(frame: string): void;
  /** The client's end is gone. */
  closed(): void;
}

export interface StreamOptions<Out, In> {
  time: VirtualTime;
  hopMs: () => number;
  client: { place: Place; process: VirtualProcess };
  server: { place: Place; process: VirtualProcess };
  accept: (send: (frame: string) => void, hangUp: () => void) => ServerSession;
  schema: ZodType<In>;
  handlers: DialHandlers<Out, In>;
  /** Sees every message before it leaves: whether it is carried, and whether its sender lives on. */
  onSend: (message: Out) => "go" | "dieBefore" | "dieAfter";
  /** Sees every frame that the server's side sends. */
  onAnswer: (frame: string) => void;
  onEnd: () => void;
}

export class Stream<Out, In> {
  readonly client: Place;
  readonly server: Place;
  private readonly toClient: Channel<string | null>;
  private readonly toServer: Channel<string | null>;
  private readonly session: ServerSession;
  private over = false;
  private hungUp = false;
  private closeReason = "closed";

  constructor(private readonly o: StreamOptions<Out, In>) {
    this.client = o.client.place;
    this.server = o.server.place;
    const { time, client, handlers } = o;
    // null is the end of the stream: what was sent before it arrives before it.
    this.toClient = new Channel<string | null>(time, frame =>
      client.process.enter(() => {
        if (this.hungUp) return;
        if (frame !== null) return handlers.onMessage(parseMessage(o.schema, frame));
        this.hungUp = true;
        handlers.onClose(this.closeReason);
      }),
    );
    this.toServer = new Channel<string | null>(time, frame => {
      if (frame === null) this.session.closed();
      else this.session.receive(frame);
    });
    this.session = o.accept(
      frame => {
        if (this.over) return;
        o.onAnswer(frame);
        this.toClient.send(frame, o.hopMs());
      },
      () => this.end("closed by the other side"),
    );
    client.process.onEnd(() => this.hangUp());
    o.server.process.onEnd(() => this.end("connection reset"));
  }

  /** Tells the client that it is open. */
  open(): void {
    const { client, handlers } = this.o;
    client.process.enter(() =>
      handlers.onOpen({ send: message => this.send(message), close: () => this.hangUp() }),
    );
  }

  /** The client does not want it any more: it hears nothing of it from now on. */
  hangUp(): void {
    this.hungUp = true;
    this.end("closed by the client");
  }

  end(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.closeReason = reason;
    this.toServer.send(null, this.o.hopMs());
    this.toClient.send(null, this.o.hopMs());
    this.o.onEnd();
  }

  /** An end lost its power: nothing is said. */
  vanish(): void {
    this.over = true;
    this.toServer.close();
    this.toClient.close();
    this.o.onEnd();
  }

  /** Holds or releases each direction. */
  hold(towardsServer: boolean, towardsClient: boolean): void {
    if (towardsServer) this.toServer.hold();
    else this.toServer.release();
    if (towardsClient) this.toClient.hold();
    else this.toClient.release();
  }

  private send(message: Out): void {
    if (this.over) return;
    const verdict = this.o.onSend(message);
    if (verdict !== "dieBefore") this.toServer.send(JSON.stringify(message), this.o.hopMs());
    if (verdict !== "go") this.o.client.process.kill();
  }
}
