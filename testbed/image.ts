/** Container images of a few files, made without another program: the pause image of the nodes, and images of tests. */
import { createHash } from "node:crypto";

const BLOCK = 512;

/** A regular file, or a symbolic link when `link` is there. */
export interface TarEntry {
  readonly name: string;
  readonly mode: number;
  readonly data: Buffer;
  readonly link?: string;
}

/** What runs in a container of the image (fields of the OCI image configuration's `config`). */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly Env?: readonly string[];
}

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
const digest = (data: Buffer): string => `sha256:${sha256(data)}`;

/** A ustar archive (POSIX 1003.1-1988) of regular files and links owned by root, with time zero. Names up to 100 bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, mode, data, link }) => {
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
    header.write(link === undefined ? "0" : "2", 156);
    header.write(link ?? "", 157);
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

/** The parts of an image with one layer: the layer (tar) and the configuration (JSON), whose digests name them. */
export interface Image {
  readonly layer: Buffer;
  readonly config: Buffer;
}

/** An image whose root file system is `entries`. */
export function image(entries: readonly TarEntry[], config: ImageConfig): Image {
  const layer = tar(entries);
  return {
    layer,
    config: Buffer.from(
      JSON.stringify({
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
        os: "linux",
        config,
        rootfs: { type: "layers", diff_ids: [digest(layer)] },
        history: [{ created_by: "testbed" }],
      }),
    ),
  };
}

/** An image as a file that `ctr images import` and `docker load` read (docker-archive), tagged `reference`. */
export function archive(reference: string, { layer, config }: Image): Buffer {
  const configName = `${sha256(config)}.json`;
  const layerName = "layer.tar";
  const manifest = [{ Config: configName, RepoTags: [reference], Layers: [layerName] }];
  return tar([
    { name: configName, mode: 0o644, data: config },
    { name: layerName, mode: 0o644, data: layer },
    { name: "manifest.json", mode: 0o644, data: Buffer.from(JSON.stringify(manifest)) },
  ]);
}

const OCI = "application/vnd.oci.image";

/** Pushes an image to a registry at `host:port` (plain HTTP) as `path:tag`, by the OCI distribution API. */
export async function push(registry: string, path: string, tag: string, made: Image): Promise<void> {
  const base = `http://${registry}/v2/${path}`;
  const send = async (method: string, url: string, body?: Buffer, type?: string): Promise<Response> => {
    const headers = { "content-type": type ?? "application/octet-stream" };
    const answer = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  for (const blob of [made.layer, made.config]) {
    const place = new URL((await send("POST", `${base}/blobs/uploads/`)).headers.get("location") ?? "", base);
    place.host = registry;
    place.searchParams.set("digest", digest(blob));
    await send("PUT", place.href, blob);
  }
  const described = (mediaType: string, blob: Buffer): Record<string, unknown> => ({
    mediaType,
    size: blob.length,
    digest: digest(blob),
  });
  const mediaType = `${OCI}.manifest.v1+json`;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: described(`${OCI}.config.v1+json`, made.config),
    layers: [described(`${OCI}.layer.v1.tar`, made.layer)],
  };
  await send("PUT", `${base}/manifests/${tag}`, Buffer.from(JSON.stringify(manifest)), mediaType);
}
