import { folder, root, run } from "./support";

const suite = (passed: number, failed: number, more: object = {}): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0, ...more });
const summary = (files: Record<string, string>) =>
  run("node", [`${root}/scripts/summary.mjs`, folder(files)]);

describe("the summary of a test run", () => {
  it("adds up all suites and says the sum alone in its last line", () => {
    const { code, lines } = summary({ "unit.json": suite(3, 0), "world.json": suite(4, 0) });
    expect(lines.at(-1)).toBe("7 passed, 0 failed");
    expect(code).toBe(0);
  });

  it("fails when a test failed, and names it", () => {
    const testResults = [
      {
        name: `${root}/test/a.test.ts`,
        status: "failed",
        assertionResults: [{ status: "failed", fullName: "adds" }],
      },
    ];
    const { code, out, lines } = summary({ "unit.json": suite(3, 1, { testResults }) });
    expect(out).toContain("FAILED test/a.test.ts: adds");
    expect(lines.at(-1)).toBe("3 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("counts a test file that could not be run", () => {
    const testResults = [{ name: `${root}/test/b.test.ts`, status: "failed", assertionResults: [] }];
    const { code, out, lines } = summary({
      "unit.json": suite(3, 0, { numRuntimeErrorTestSuites: 1, testResults }),
    });
    expect(out).toContain("FAILED test/b.test.ts: could not be run");
    expect(lines.at(-1)).toBe("3 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("counts a failed step that is no test run", () => {
    const { code, out, lines } = summary({ "unit.json": suite(3, 0), "lint.failed": "make lint failed\n" });
    expect(out).toContain("FAILED lint: make lint failed");
    expect(lines.at(-1)).toBe("3 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("counts a result that was cut off", () => {
    const { code, lines } = summary({ "unit.json": suite(3, 0), "world.json": '{"numPassedTests":' });
    expect(lines.at(-1)).toBe("3 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("does not call a run without any test a success", () => {
    const { code, lines } = summary({});
    expect(lines.at(-1)).toBe("0 passed, 0 failed");
    expect(code).toBe(1);
  });
});
