import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, root, run } from "./support";

const bash = (script: string, env: NodeJS.ProcessEnv = {}) =>
  run("bash", ["-euo", "pipefail", "-c", `. "${root}/scripts/lib.sh"; ${script}`], root, {
    TTO_CACHE: folder({}),
    ...env,
  });

describe("the digest of a tree", () => {
  const files = { "a.txt": "1", "b/c.txt": "2" };
  const digest = (dir: string): string => bash(`cd "${dir}"; digest_of .`).out.trim();

  it("is the same for the same names, modes and contents", () => {
    expect(digest(folder(files))).toBe(digest(folder(files)));
    expect(digest(folder(files))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes with a content, a name and a mode", () => {
    const dir = folder(files);
    const seen = [
      digest(dir),
      digest(folder({ ...files, "d.txt": "" })),
      digest(folder({ ...files, "a.txt": "2" })),
    ];
    chmodSync(join(dir, "a.txt"), 0o755);
    seen.push(digest(dir));
    expect(new Set(seen).size).toBe(4);
  });
});

describe("a step", () => {
  it("shows the end of the log and keeps the exit code when its command fails", () => {
    const { code, err } = bash("step test-step 'a step that fails' bash -c 'echo the reason; exit 3'");
    expect(code).toBe(3);
    expect(err).toContain("the reason");
  });

  it("shows only its title when its command succeeds", () => {
    const { code, out, err } = bash("step test-step 'a step' echo noise");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("a step");
    expect(out).not.toContain("noise");
  });
});

describe("a lock", () => {
  it("lets one in at a time", () => {
    const dir = folder({});
    const critical = `mkdir "${dir}/in" && node -e 0 && rmdir "${dir}/in"`;
    const { code, err } = bash(`
      enter() { ${critical}; }
      pids=()
      for i in 1 2 3; do locked one enter & pids+=($!); done
      for pid in "\${pids[@]}"; do wait "$pid"; done`);
    expect([code, err]).toEqual([0, ""]);
  });
});

describe("the key of the installed packages", () => {
  it("depends on dependencies and lockfile, not on other fields of package.json", () => {
    const key = (files: Record<string, string>) => {
      const dir = folder({ "package-lock.json": "{}", ".npmrc": "", ...files });
      return bash(`REPO="${dir}"; modules_key`).out.trim();
    };
    const plain = key({ "package.json": '{"dependencies":{"a":"1.0.0"}}' });
    expect(key({ "package.json": '{"dependencies":{"a":"1.0.0"},"version":"2"}' })).toBe(plain);
    expect(key({ "package.json": '{"dependencies":{"a":"1.0.1"}}' })).not.toBe(plain);
    expect(key({ "package.json": '{"dependencies":{"a":"1.0.0"}}', "package-lock.json": "{ }" })).not.toBe(
      plain,
    );
  });
});

describe("the rules of the tree", () => {
  const rules = (files: Record<string, string>) => {
    const dir = folder(files);
    run("git", ["init", "-q"], dir);
    return run("node", [join(root, "scripts/tree-rules.mjs"), dir]);
  };

  it("accept a tree that names no registry", () => {
    expect(rules({ "a.md": "see https://registry.npmjs.org/zod", ".npmrc": "save-exact=true\n" }).code).toBe(
      0,
    );
  });

  it("refuse a lockfile that says where packages were fetched", () => {
    const lock = JSON.stringify({ packages: { "node_modules/a": { resolved: "https://x.example/a.tgz" } } });
    const { code, err } = rules({ "package-lock.json": lock });
    expect(code).toBe(1);
    expect(err).toContain("node_modules/a");
  });

  it.each([
    ["npm", ".npmrc", "registry=https://npm.corp.example/\n"],
    ["Go", "build.sh", "GOPROXY=https://go.corp.example,direct go build\n"],
    ["pip", "build.sh", "pip install --index-url https://pip.corp.example/simple x\n"],
  ])("refuse a setting that chooses a private registry of %s", (_kind, file, text) => {
    const { code, err } = rules({ [file]: text });
    expect(code).toBe(1);
    expect(err).toContain("corp.example");
  });

  it("refuse a script that cannot be executed", () => {
    const dir = folder({ "a.sh": "#!/bin/sh\n" });
    run("git", ["init", "-q"], dir);
    writeFileSync(join(dir, "b.sh"), "#!/bin/sh\n", { mode: 0o755 });
    const { code, err } = run("node", [join(root, "scripts/tree-rules.mjs"), dir]);
    expect(code).toBe(1);
    expect(err).toContain("a.sh");
    expect(err).not.toContain("b.sh");
  });
});
