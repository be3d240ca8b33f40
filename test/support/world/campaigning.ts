/** A campaign from a test: in programs of its own, one per processor, so that jest's own work costs it nothing. */
import { spawn } from "node:child_process";
import { join } from "node:path";

/** What a campaign said. */
export interface CampaignReport {
  code: number | null;
  /** Failures first, then the summary. */
  output: string;
  seeds: number;
  killPoints: number;
  violations: number;
  explainedStops: number;
}

/** @param settings SEEDS, FIRST, KILLPOINTS as main.ts reads them */
export function runCampaign(settings: Record<string, string>): Promise<CampaignReport> {
  const root = join(__dirname, "..", "..", "..");
  const args = ["scripts/run-ts.mjs", "test/support/world/main.ts", "campaign"];
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...settings } });
    let output = "";
    const take = (chunk: Buffer): void => void (output += chunk.toString());
    running.stdout.on("data", take);
    running.stderr.on("data", take);
    running.on("error", reject);
    running.on("exit", code => resolve({ code, output, ...numbersIn(output) }));
  });
}

function numbersIn(output: string): Omit<CampaignReport, "code" | "output"> {
  const found = /world: seeds=(\d+) killpoints=(\d+) violations=(\d+)/.exec(output);
  const stops = /explained stops: (\d+)/.exec(output);
  return {
    seeds: Number(found?.[1] ?? -1),
    killPoints: Number(found?.[2] ?? -1),
    violations: Number(found?.[3] ?? -1),
    explainedStops: Number(stops?.[1] ?? -1),
  };
}
