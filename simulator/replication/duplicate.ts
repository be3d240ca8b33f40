/** ttRepAdmin -duplicate: the serving side in the source's agent, and the taking side in the utility. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { crc32 } from "node:zlib";
import { holds, passwordFits } from "../engine/catalog";
import { databaseExists, writeCheckpoint } from "../engine/checkpoint";
import type { Database } from "../engine/database";
import { TransactionLog } from "../engine/log";
import { errors, TimesTenError } from "../shared/errors";
import { caller, openSocket } from "../shared/lines";
import { onFrames, sendFrame, type Frame } from "./frames";

/** Bytes per chunk. */
const chunkBytes = 1024 * 1024;

/** @returns why the request is refused, or null */
function refusal(
  database: Database,
  { uid, pwd, major }: Extract<Frame, { t: "duplicate" }>,
): TimesTenError | null {
  const user = uid.toUpperCase();
  if (!passwordFits(database.catalog, user, pwd)) return errors.authentication();
  if (!holds(database.catalog, user, "ADMIN")) return errors.privilege(user, "ADMIN");
  if (database.control.scheme !== null && database.state !== "ACTIVE") return errors.duplicateFromActive();
  const source = database.options.major;
  if (major !== undefined && major !== source) return errors.duplicateAcross(source, major);
  return null;
}

/**
 * Sends a copy of the database.
 * @param keepLog called before the snapshot when the source is to keep its log for the copy
 */
export async function serveDuplicate(
  socket: Socket,
  database: Database,
  request: Extract<Frame, { t: "duplicate" }>,
  keepLog: () => void,
): Promise<void> {
  const refused = refusal(database, request);
  if (refused !== null) {
    sendFrame(socket, { t: "error", code: refused.code, message: refused.message });
    socket.end();
    return;
  }
  // Marking and snapshot are one step: no commit can come between them.
  if (request.setMasterRepStart) keepLog();
  const { header, image } = database.snapshot();
  sendFrame(socket, { t: "snapshot", header, imageBytes: image.length });
  for (let at = 0; at < image.length && !socket.destroyed; at += chunkBytes) {
    if (!sendFrame(socket, { t: "chunk" }, image.subarray(at, at + chunkBytes))) {
      await Promise.race([once(socket, "drain"), once(socket, "close")]);
    }
  }
  sendFrame(socket, { t: "end", crc: crc32(image) });
  socket.end();
}

/** What to copy and where to. */
export interface DuplicateOptions {
  host: string;
  daemonPort: number;
  /** Name of the source database. */
  database: string;
  uid: string;
  pwd: string;
  /** Major release of the copy's own installation. */
  major: string;
  setMasterRepStart: boolean;
  dataStore: string;
  /** `<LogDir>/<database>` of the copy. */
  logPrefix: string;
}

const connectMs = 10_000;
/** Silence of the source after which the copy is given up, ms. */
const silenceMs = 60_000;

async function sourcePort(options: DuplicateOptions): Promise<number> {
  const daemon = caller(await openSocket({ host: options.host, port: options.daemonPort }, connectMs), () =>
    errors.terminated(),
  );
  try {
    return Number((await daemon.call({ op: "replicationPort", database: options.database }, connectMs)).port);
  } finally {
    daemon.close();
  }
}

interface Copy {
  header: Extract<Frame, { t: "snapshot" }>["header"];
  image: Buffer;
}

function receive(socket: Socket, options: DuplicateOptions): Promise<Copy> {
  return new Promise((resolve, reject) => {
    let header: Copy["header"] | null = null;
    const chunks: Buffer[] = [];
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on("error", reject);
    socket.on("close", () =>
      reject(new Error("the source ended the connection before the copy was complete")),
    );
    onFrames(socket, (frame, payload) => {
      if (frame.t === "error") reject(new TimesTenError(frame.code, frame.message));
      if (frame.t === "snapshot") header = frame.header;
      if (frame.t === "chunk") chunks.push(payload);
      if (frame.t !== "end") return;
      const image = Buffer.concat(chunks);
      if (header === null || crc32(image) !== frame.crc) reject(new Error("the copy arrived damaged"));
      else resolve({ header, image });
    });
    const { uid, pwd, setMasterRepStart, major } = options;
    sendFrame(socket, { t: "duplicate", uid, pwd, setMasterRepStart, major });
  });
}

/**
 * Copies a database into files that do not exist yet; a failure leaves none behind.
 * @throws TimesTenError 8143, 8149, 7001, 15100 ...; Error for trouble on the way
 */
export async function takeDuplicate(options: DuplicateOptions): Promise<void> {
  if (databaseExists(options.dataStore))
    throw new TimesTenError(12110, `Data store ${options.dataStore} already exists`);
  const port = await sourcePort(options);
  if (port === 0)
    throw new TimesTenError(8148, `no replication agent runs for ${options.database} on ${options.host}`);
  const socket = await openSocket({ host: options.host, port }, connectMs);
  const { header, image } = await receive(socket, options);
  socket.destroy();
  const { major = options.major } = header;
  if (major !== options.major) throw errors.duplicateAcross(major, options.major);
  TransactionLog.destroy(options.logPrefix);
  const control = {
    ...header.control,
    role: header.control.scheme === null ? ("NONE" as const) : ("COPY" as const),
    peerState: "start" as const,
    synced: false,
  };
  writeCheckpoint(
    options.dataStore,
    { ...header, number: 1, position: { file: 0, offset: 0 }, control },
    image,
  );
}
