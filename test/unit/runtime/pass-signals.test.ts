/** The module behind Pepr's controller.js hears that its Pod is to end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

jest.setTimeout(60_000);

const preload = join(__dirname, "..", "..", "..", "images", "operator", "pass-signals.cjs");
const folder = mkdtempSync(join(tmpdir(), "signals-"));
const dist = join(folder, "node_modules", "pepr", "dist");

beforeAll(() => {
  mkdirSync(dist, { recursive: true });
  // What Pepr's does: the module is a child, and nothing is done about signals.
  writeFileSync(
    join(dist, "controller.js"),
    `require("node:child_process").fork(${JSON.stringify(join(folder, "module.js"))});`,
  );
  writeFileSync(
    join(folder, "module.js"),
    `process.once("SIGTERM", () => setTimeout(() => { console.log("lease released"); process.exit(0); }, 300));
     setInterval(() => undefined, 1000);
     console.log("module runs");`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script as the first process of a container, and tells it alone to end. */
async function stopped(script: string): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, ["--require", preload, script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const runs = new Promise<void>(resolve => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (output.includes("module runs")) resolve();
    });
  });
  await runs;
  child.kill("SIGTERM");
  const [code] = (await once(child, "close")) as [number | null];
  return { output, code };
}

it("it gives its lease back, and the controller ends after it", async () => {
  const { output, code } = await stopped(join(dist, "controller.js"));
  expect(output).toBe("module runs\nlease released\n");
  expect(code).toBe(0);
});

it("programs other than the controller are left as they are", async () => {
  writeFileSync(
    join(folder, "other.js"),
    `setInterval(() => undefined, 1000); console.log("module runs", process.listenerCount("SIGTERM"));`,
  );
  const { output, code } = await stopped(join(folder, "other.js"));
  expect(output).toBe("module runs 0\n");
  expect(code).toBeNull();
});
