/** Wraps one file as a container image (docker-archive), for the pause image of the nodes. Pure but for reading nothing. */
import { createHash } from "node:crypto";

const BLOCK = 512;

interface TarEntry {
  readonly name: string;
  readonly mode: number;
  readonly data: Buffer;
}

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** A ustar archive (POSIX 1003.1-1988) of regular files owned by root, with time zero. Names up to 100 bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, mode, data }) => {
    const header = Buffer.alloc(BLOCK);
    const octal = (value: number, at: number, size: number): number =>
      header.write(value.toString(8).padStart(size - 1, "0"), at, size - 1);
    if (Buffer.byteLength(name) > 100) throw new Error(`${name}: too long for a tar header`);
    header.write(name, 0);
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(data.length, 124, 12);
    octal(0, 136, 12);
    header.fill(" ", 148, 156); // the checksum counts as blanks
    header.write("0", 156);
    header.write("ustar\u000000", 257);
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    return [header, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** An image `reference` whose root file system is one executable file, which is also its entry point. */
export function singleFileImage(reference: string, name: string, program: Buffer): Buffer {
  const layer = tar([{ name, mode: 0o755, data: program }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Entrypoint: [`/${name}`], User: "65535:65535" },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created_by: "testbed" }],
    }),
  );
  const configName = `${sha256(config)}.json`;
  const layerName = "layer.tar";
  const manifest = [{ Config: configName, RepoTags: [reference], Layers: [layerName] }];
  return tar([
    { name: configName, mode: 0o644, data: config },
    { name: layerName, mode: 0o644, data: layer },
    { name: "manifest.json", mode: 0o644, data: Buffer.from(JSON.stringify(manifest)) },
  ]);
}
