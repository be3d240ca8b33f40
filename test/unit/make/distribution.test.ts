import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { folder, root, run } from "./support";

interface Entry {
  readonly mode: number;
  readonly text: string;
}

/** Reads a zip by its central directory (APPNOTE.TXT 4.3.12), checking each entry's CRC. */
function unzip(file: string): Map<string, Entry> {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const entries = new Map<string, Entry>();
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const stored = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const data = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(stored) : stored;
    expect(crc32(data)).toBe(zip.readUInt32LE(at + 16));
    entries.set(name, { mode: (zip.readUInt32LE(at + 38) >>> 16) & 0o777, text: data.toString() });
    at += 46 + nameLength;
  }
  return entries;
}

/** A checkout with a small distribution; the scripts find it by their own place. */
function checkout(): string {
  const dir = folder({
    "simulator/distribution/bin/ttStatus": "#!/bin/sh\n",
    "simulator/distribution/README": "read me\n",
    "dist/simulator/simulator.cjs": "// bundle\n",
  });
  run("chmod", ["755", join(dir, "simulator/distribution/bin/ttStatus")]);
  mkdirSync(join(dir, "scripts"));
  for (const name of ["distribution.mjs", "zip.mjs"])
    cpSync(join(root, "scripts", name), join(dir, "scripts", name));
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  return dir;
}
const pack = (dir: string, release: string, out: string) =>
  run("node", [join(dir, "scripts/distribution.mjs"), release, join(dir, out)]);

describe("the simulated distribution", () => {
  it("is a zip named and laid out like TimesTen's of that release", () => {
    const dir = checkout();
    expect(pack(dir, "18.1.4.11.0", "out").code).toBe(0);
    const entries = unzip(join(dir, "out/timesten1814110.server.linux8664.zip"));
    expect(entries.get("tt18.1.4.11.0/bin/ttStatus")).toEqual({ mode: 0o755, text: "#!/bin/sh\n" });
    expect(entries.get("tt18.1.4.11.0/README")).toEqual({ mode: 0o644, text: "read me\n" });
    expect(entries.get("tt18.1.4.11.0/VERSION")?.text).toBe("18.1.4.11.0\n");
    expect(entries.get("tt18.1.4.11.0/lib/simulator.cjs")?.text).toBe("// bundle\n");
    expect(entries.get("tt18.1.4.11.0/bin/")?.mode).toBe(0o755);
  });

  it("is byte for byte the same for the same content", () => {
    const dir = checkout();
    pack(dir, "18.1.4.4.0", "one");
    pack(dir, "18.1.4.4.0", "two");
    const [one, two] = ["one", "two"].map(out =>
      readFileSync(join(dir, out, "timesten181440.server.linux8664.zip")),
    );
    expect(one).toEqual(two);
  });

  it("is not made for something that is no release", () => {
    const { code, err } = pack(checkout(), "latest", "out");
    expect(code).toBe(2);
    expect(err).toContain("usage");
  });
});
