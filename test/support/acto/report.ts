/** The table of results: one row per field. */
import type { Outcome } from "./run";

/** @returns bench/acto.md */
export function tableOf(outcomes: readonly Outcome[], seconds: number): string {
  const fields = [...new Set(outcomes.map(outcome => outcome.case.path))];
  const failed = outcomes.filter(({ verdict }) => verdict === "failed");
  const rows = fields.map(path => {
    const count = (kind: string, verdict: string): number =>
      outcomes.filter(one => one.case.path === path && one.case.kind === kind && one.verdict === verdict)
        .length;
    const cells = ["create", "change"].flatMap(kind => [count(kind, "refused"), count(kind, "works")]);
    return `| \`${path}\` | ${cells.join(" | ")} | ${count("create", "failed") + count("change", "failed")} |`;
  });
  return [
    "# Generated cases",
    "",
    "`make acto` walks the schema of the CRD and tries every state of every field: unset, null, each enum value, bounds,",
    "out of bounds, wrong type; at creation, and as a change of an object that runs, which is then rolled back. A real API",
    "server with the CRD decides first (so CEL counts), then the validators; what both admit runs in the deterministic world",
    "(docs/world.md) with the real engine. Refused means: with the path of the field, at the door or, where only a look at",
    "other objects can say it, in the pass. Works means: Normal was reached, and after a change also by the roll-back.",
    "",
    `${outcomes.length} cases of ${fields.length} fields, ${failed.length} failed, in ${seconds} s.`,
    "",
    "| Field | creation refused | creation works | change refused | change works | failed |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
    ...(failed.length === 0 ? [] : ["## Failed", "", ...failed.map(one => `- ${describe(one)}`), ""]),
  ].join("\n");
}

/** @returns one line: the case, and what became of it */
export function describe({ case: one, verdict, detail }: Outcome): string {
  const line = detail.replace(/\s+/g, " ").slice(0, 400);
  return `${one.path}, ${one.kind}, ${one.what.replace(/\s+/g, " ").slice(0, 60)}: ${verdict}${line === "" ? "" : `: ${line}`}`;
}
