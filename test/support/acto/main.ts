/**
 * All generated cases. Last line: `acto: cases=N failed=0`; the exit code says whether any failed.
 * usage: main.ts [PATTERN]   only fields whose path contains PATTERN; then no table is written
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { casesOf } from "./cases";
import { openDoor } from "./plane";
import { describe, tableOf } from "./report";
import { runCase, type Outcome } from "./run";
import { BASE } from "./samples";
import { fieldsOf, pathOf } from "./schema";

async function main(root: string, pattern: string | undefined): Promise<number> {
  const beganMs = Date.now();
  const fields = fieldsOf(join(root, "crds", "timestenclassics.yaml")).filter(field =>
    pathOf(field).includes(pattern ?? ""),
  );
  const { door, close } = await openDoor(root, { ttspec: { ...BASE } });
  const outcomes: Outcome[] = [];
  try {
    for (const [at, field] of fields.entries()) {
      const found: Outcome[] = [];
      for (const one of casesOf(field)) found.push(await runCase(one, door));
      outcomes.push(...found);
      const count = (verdict: Outcome["verdict"]): number =>
        found.filter(one => one.verdict === verdict).length;
      console.log(
        `${at + 1}/${fields.length} ${pathOf(field)}: ${count("refused")} refused, ${count("works")} work, ${count("failed")} failed`,
      );
      for (const one of found) if (one.verdict === "failed") console.log(`  FAILED ${describe(one)}`);
    }
  } finally {
    await close();
  }
  const seconds = Math.round((Date.now() - beganMs) / 1_000);
  if (pattern === undefined) writeFileSync(join(root, "bench", "acto.md"), tableOf(outcomes, seconds));
  const failed = outcomes.filter(({ verdict }) => verdict === "failed").length;
  console.log(`acto: cases=${outcomes.length} failed=${failed}`);
  return failed === 0 && outcomes.length > 0 ? 0 : 1;
}

void main(process.cwd(), process.argv[2]).then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error);
    console.log("acto: cases=0 failed=1");
    process.exit(1);
  },
);
