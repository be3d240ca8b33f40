/** A zip file as APPNOTE 6.3 has it, with UNIX permissions; enough for `unzip`. */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  name: string;
  data: Buffer;
  executable: boolean;
}

/** 1980-01-01, so that the same content gives the same bytes. */
const dosDate = 0x21;

function header(signature: number, fields: [size: 2 | 4, value: number][]): Buffer {
  const buffer = Buffer.alloc(4 + fields.reduce((sum, [size]) => sum + size, 0));
  buffer.writeUInt32LE(signature, 0);
  let at = 4;
  for (const [size, value] of fields) {
    if (size === 2) buffer.writeUInt16LE(value, at);
    else buffer.writeUInt32LE(value, at);
    at += size;
  }
  return buffer;
}

/** @returns the bytes of a zip file with these entries */
export function zip(files: ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, executable } of files) {
    const packed = deflateRawSync(data);
    const common: [2 | 4, number][] = [
      [2, 0x800],
      [2, 8],
      [2, 0],
      [2, dosDate],
      [4, crc32(data)],
      [4, packed.length],
      [4, data.length],
      [2, Buffer.byteLength(name)],
      [2, 0],
    ];
    const local = Buffer.concat([header(0x04034b50, [[2, 20], ...common]), Buffer.from(name), packed]);
    const mode = (0o100000 | (executable ? 0o755 : 0o644)) << 16;
    const central = header(0x02014b50, [
      [2, (3 << 8) | 20],
      [2, 20],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, mode >>> 0],
      [4, offset],
    ]);
    directory.push(Buffer.concat([central, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = header(0x06054b50, [
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, central.length],
    [4, offset],
    [2, 0],
  ]);
  return Buffer.concat([...parts, central, end]);
}
