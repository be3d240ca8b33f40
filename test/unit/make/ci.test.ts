import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { folder, root, run } from "./support";

/** Runs .ci/run in a folder whose `make test` is `recipe`. */
function ci(recipe: string) {
  const dir = folder({ Makefile: `test:\n${recipe.replace(/^/gm, "\t@")}\n` });
  mkdirSync(join(dir, ".ci"));
  copyFileSync(join(root, ".ci/run"), join(dir, ".ci/run"));
  chmodSync(join(dir, ".ci/run"), 0o755);
  return run(join(dir, ".ci/run"), [], "/");
}

describe(".ci/run", () => {
  it("ends with the count of `make test` and its success", () => {
    const { code, lines } = ci("echo 12 passed, 0 failed");
    expect(lines.at(-1)).toBe("12 passed, 0 failed");
    expect(code).toBe(0);
  });

  it("says the count after what make says about a failure", () => {
    const { code, lines } = ci("echo 12 passed, 3 failed; false");
    expect(lines.at(-1)).toBe("12 passed, 3 failed");
    expect(code).not.toBe(0);
  });

  it("reports a failure when the tests ended without a count", () => {
    const { code, lines } = ci("true");
    expect(lines.at(-1)).toBe("0 passed, 1 failed");
    expect(code).not.toBe(0);
  });

  it("never says that nothing failed when `make test` failed", () => {
    const { code, lines } = ci("echo 12 passed, 0 failed; false");
    expect(lines.at(-1)).toMatch(/^\d+ passed, [1-9]\d* failed$/);
    expect(code).not.toBe(0);
  });
});
