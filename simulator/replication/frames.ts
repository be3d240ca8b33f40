/** Messages between replication agents: a JSON head and, for log records, their bytes. */
import type { Socket } from "node:net";
import type { RepState, PeerState, Position } from "../engine/control";
import type { CheckpointHeader } from "../engine/checkpoint";

/** Who speaks, in what state. Both sides begin with it. */
export interface Hello {
  t: "hello";
  database: string;
  host: string;
  /** The scheme's statement: both sides must have the same. */
  scheme: string;
  state: RepState;
  position: Position;
  promotedAtMs: number;
  /** What the speaker holds its peer to be. */
  peerState: PeerState;
}

export type Frame =
  | Hello
  | { t: "state"; state: RepState; position: Position }
  | { t: "alive" }
  /** The active begins to send; its history of terms. */
  | { t: "stream"; term: number; history: { term: number; csn: number }[] }
  /** One transaction; the payload is its log record. */
  | { t: "record"; csn: number }
  /** Everything up to here has been sent, and from here on commits wait as the scheme says. */
  | { t: "insync"; csn: number }
  /** The standby's progress: committed there, and on its disk. */
  | { t: "ack"; applied: number; durable: number }
  /** Please make everything durable now and say so. */
  | { t: "flush" }
  /** The other side can no longer be used without a duplicate. */
  | { t: "failed"; reason: string }
  | { t: "duplicate"; uid: string; pwd: string; setMasterRepStart: boolean; major?: string }
  | { t: "snapshot"; header: Omit<CheckpointHeader, "imageBytes" | "imageCrc">; imageBytes: number }
  | { t: "chunk" }
  | { t: "end"; crc: number }
  | { t: "error"; code: number; message: string };

const none = Buffer.alloc(0);

/** Largest frame accepted, in bytes. */
const maxFrameBytes = 256 * 1024 * 1024;

/** @returns false when the socket's buffer is full: wait for "drain" */
export function sendFrame(socket: Socket, frame: Frame, payload: Uint8Array = none): boolean {
  if (socket.destroyed || !socket.writable) return false;
  const json = Buffer.from(JSON.stringify(frame));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(json.length + payload.length, 0);
  head.writeUInt32LE(json.length, 4);
  socket.cork();
  socket.write(head);
  socket.write(json);
  const more = payload.length === 0 || socket.write(payload);
  socket.uncork();
  return more;
}

/** Calls back for every whole frame; destroys the socket on rubbish. */
export function onFrames(socket: Socket, callback: (frame: Frame, payload: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = 8;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < wanted) return;
    let data = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    for (;;) {
      if (data.length < 8) {
        wanted = 8;
        break;
      }
      const total = data.readUInt32LE(0);
      const json = data.readUInt32LE(4);
      if (total > maxFrameBytes || json > total) {
        socket.destroy();
        return;
      }
      if (data.length < 8 + total) {
        wanted = 8 + total;
        break;
      }
      let frame: Frame;
      try {
        frame = JSON.parse(data.toString("utf8", 8, 8 + json)) as Frame;
      } catch {
        socket.destroy();
        return;
      }
      const payload = Buffer.from(data.subarray(8 + json, 8 + total));
      data = data.subarray(8 + total);
      callback(frame, payload);
      if (socket.destroyed) return;
    }
    chunks = data.length === 0 ? [] : [data];
    size = data.length;
  });
}
