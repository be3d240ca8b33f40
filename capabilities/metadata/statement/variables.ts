/** The {{variables}} of a user's replication statement. */

/** What the variables stand for. */
export interface StatementValues {
  /** Name of the database: {{tt-name}}. */
  database: string;
  /** {{tt-rep-port}} */
  repPort: number;
  /** {{tt-node-0}} and {{tt-node-1}}: DNS names of the two Pods. */
  hosts: readonly [string, string];
  /** {{tt-conflict-report-dir}} */
  conflictReportDir: string;
  /** {{tt-agent-user}} */
  agentUser: string;
}

export const VARIABLES = [
  "tt-name",
  "tt-rep-port",
  "tt-node-0",
  "tt-node-1",
  "tt-conflict-report-dir",
  "tt-agent-user",
] as const;

const VARIABLE = /\{\{([^{}]*)\}\}/g;

/** @returns the statement with its variables filled in; unknown ones stay as they are, for TimesTen to name them */
export function fillVariables(statement: string, values: StatementValues): string {
  const texts = new Map<string, string>([
    ["tt-name", values.database],
    ["tt-rep-port", String(values.repPort)],
    ["tt-node-0", values.hosts[0]],
    ["tt-node-1", values.hosts[1]],
    ["tt-conflict-report-dir", values.conflictReportDir],
    ["tt-agent-user", values.agentUser],
  ]);
  return statement.replace(VARIABLE, (whole, name: string) => texts.get(name.trim()) ?? whole);
}

/** So many unknown variables are enough to mend first. */
const MAX_UNKNOWN = 20;

/** @returns the first {{…}} that stand for nothing, each with its line, counted from 1 */
export function unknownVariables(statement: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let [line, counted] = [1, 0];
  for (const match of statement.matchAll(VARIABLE)) {
    if ((VARIABLES as readonly string[]).includes((match[1] ?? "").trim())) continue;
    for (; counted < match.index; counted += 1) if (statement[counted] === "\n") line += 1;
    if (found.push({ text: match[0], line }) === MAX_UNKNOWN) break;
  }
  return found;
}
