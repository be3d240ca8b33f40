/**
 * Writes zip files: deterministic (no times, entries in the given order) and with Unix modes, so that equal inputs give
 * equal images. Format: APPNOTE.TXT of PKWARE 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
 */
import { crc32, deflateRawSync } from "node:zlib";

const DOS_DATE_1980 = 0x21; // 1980-01-01, the earliest date a zip can say
const UNIX = 3 << 8; // "version made by": the high byte names the system whose modes the entry carries
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/** Headers of one entry and its stored data. `entry`: { name, mode, data } with data a Buffer, or null for a directory. */
const encode = (entry, offset) => {
  const name = Buffer.from(entry.data === null ? `${entry.name}/` : entry.name);
  const raw = entry.data ?? Buffer.alloc(0);
  const stored = raw.length === 0 ? raw : deflateRawSync(raw, { level: 6 });
  const method = raw.length === 0 ? 0 : 8;

  // The eleven fields that local header and central directory share, from "version needed" to "extra length".
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(0x0800, 2); // names are UTF-8
  common.writeUInt16LE(method, 4);
  common.writeUInt16LE(DOS_DATE_1980, 8);
  common.writeUInt32LE(crc32(raw), 10);
  common.writeUInt32LE(stored.length, 14);
  common.writeUInt32LE(raw.length, 18);
  common.writeUInt16LE(name.length, 22);

  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, stored]);

  const tail = Buffer.alloc(14); // comment length, disk, internal and external attributes, offset of the local header
  const kind = entry.data === null ? DIRECTORY : REGULAR;
  tail.writeUInt32LE(((kind | entry.mode) << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(UNIX | 20, 0);
  const central = Buffer.concat([Buffer.from("PK\x01\x02"), madeBy, common, tail, name]);
  return { local, central };
};

/** A zip file as one Buffer. `entries`: [{ name, mode, data }], data null for directories, mode the permission bits. */
export const zip = entries => {
  const locals = [];
  const centrals = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = encode(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};
