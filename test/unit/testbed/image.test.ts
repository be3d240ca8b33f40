import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archive, image, tar } from "../../../testbed/image";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "image-"))));
afterEach(() => rmSync(dir, { recursive: true }));

function unpack(archived: Buffer): void {
  writeFileSync(join(dir, "a.tar"), archived);
  execFileSync("tar", ["-xf", "a.tar"], { cwd: dir });
}

describe("images without another program", () => {
  test("tar unpacks what was packed: contents of any length, modes, links", () => {
    const data = Buffer.alloc(1025, "x");
    unpack(
      tar([
        { name: "bin/program", mode: 0o755, data },
        { name: "empty", mode: 0o600, data: Buffer.alloc(0) },
        { name: "bin/alias", mode: 0o777, data: Buffer.alloc(0), link: "program" },
      ]),
    );
    expect(readFileSync(join(dir, "bin/program"))).toEqual(data);
    expect(statSync(join(dir, "bin/program")).mode & 0o777).toBe(0o755);
    expect(statSync(join(dir, "empty")).size).toBe(0);
    expect(readlinkSync(join(dir, "bin/alias"))).toBe("program");
  });

  test("a name too long for the format is refused", () => {
    expect(() => tar([{ name: "x".repeat(101), mode: 0o644, data: Buffer.alloc(0) }])).toThrow("too long");
  });

  test("an archive names its layer by digest, and its parts by what they hold", () => {
    const made = image([{ name: "pause", mode: 0o755, data: Buffer.from("program") }], {
      Entrypoint: ["/pause"],
    });
    unpack(archive("localhost/pause:1", made));
    const [manifest] = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    expect(manifest?.RepoTags).toEqual(["localhost/pause:1"]);
    const config = JSON.parse(readFileSync(join(dir, manifest?.Config ?? ""), "utf8")) as {
      config: { Entrypoint: string[] };
      rootfs: { diff_ids: string[] };
    };
    const layer = readFileSync(join(dir, manifest?.Layers[0] ?? ""));
    expect(config.config.Entrypoint).toEqual(["/pause"]);
    expect(config.rootfs.diff_ids).toEqual([`sha256:${createHash("sha256").update(layer).digest("hex")}`]);
  });

  test("the same files give the same image", () => {
    const make = (): Buffer => image([{ name: "a", mode: 0o644, data: Buffer.from("a") }], {}).layer;
    expect(make()).toEqual(make());
  });
});
