/**
 * Adds up a test run. Usage: node scripts/summary.mjs <directory>
 *
 * The directory holds one <suite>.json per jest run (its --json output, https://jestjs.io/docs/cli#--json) and one
 * <step>.failed per step other than jest that failed (its text says what). Prints what failed, one line per suite, and
 * last, alone: `N passed, N failed`. Exit code 1 when anything failed or nothing passed, else 0.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const dir = process.argv[2];
if (!dir) {
  console.error("usage: node scripts/summary.mjs <directory>");
  process.exit(2);
}
const names = readdirSync(dir).sort();
let passed = 0;
let failed = 0;

for (const name of names.filter(file => file.endsWith(".json"))) {
  const suite = name.replace(/\.json$/, "");
  let result;
  try {
    result = JSON.parse(readFileSync(join(dir, name), "utf8"));
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${suite}: its result cannot be read (${error.message})`);
    continue;
  }
  // A file that could not be run has no failed test, but counts as one.
  const broken = result.numRuntimeErrorTestSuites ?? 0;
  passed += result.numPassedTests;
  failed += result.numFailedTests + broken;
  for (const file of result.testResults ?? []) {
    const path = relative(process.cwd(), file.name);
    const tests = (file.assertionResults ?? []).filter(test => test.status === "failed");
    tests.forEach(test => console.log(`FAILED ${path}: ${test.fullName}`));
    if (file.status === "failed" && tests.length === 0) console.log(`FAILED ${path}: could not be run`);
  }
  const skipped = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
  const count = `${result.numPassedTests} passed, ${result.numFailedTests + broken} failed`;
  console.log(`${suite}: ${count}${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}

for (const name of names.filter(file => file.endsWith(".failed"))) {
  failed += 1;
  console.log(`FAILED ${name.replace(/\.failed$/, "")}: ${readFileSync(join(dir, name), "utf8").trim()}`);
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
