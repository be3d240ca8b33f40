/**
 * Pairs that serve, made once by a real creation and kept as plain data: most runs begin with one, so that they spend
 * their time on what goes wrong. In such a run every process starts again over databases that never stopped.
 */
import { WholeWorld, type PreparedPair } from "./world";

/** What kind of pair. */
export interface PairKind {
  twosafe: boolean;
  /** L, ms; undefined: the default's. */
  leaseMs: number | undefined;
}

/** Longest that a creation and the quiet after it may take, ms. */
const BOUND_MS = 60_000;
const CALM_MS = 1_500;
/** After the last commit, until everything is at the standby, ms. */
const DRAIN_MS = 500;

const kept = new Map<string, Promise<PreparedPair>>();

/** @returns a pair of that kind, the same each time */
export function preparedPair({ twosafe, leaseMs }: PairKind): Promise<PreparedPair> {
  const name = `prepared ${twosafe ? "twosafe" : "asynchronous"} ${leaseMs ?? "default"}`;
  let image = kept.get(name);
  if (image === undefined) kept.set(name, (image = prepare(name, { twosafe, leaseMs })));
  return image;
}

/** @throws Error when it does not come up as it should */
async function prepare(seed: string, kind: PairKind): Promise<PreparedPair> {
  const world = new WholeWorld({ seed, ...kind, brisk: true });
  const { engine, process } = world.startOperator("operator-before");
  world.apply();
  await world.time.run(() => world.whyNotNormal() === null, BOUND_MS);
  await world.time.pass(CALM_MS);
  world.client.stop();
  let stopped = false;
  process.enter(() => void engine.stop().then(() => (stopped = true)));
  await world.time.run(() => stopped, BOUND_MS);
  await world.time.pass(DRAIN_MS);
  const wrong = [world.whyNotNormal(), ...world.checker.violations].filter(why => why !== null);
  if (wrong.length > 0) throw new Error(`no pair could be prepared: ${wrong.join("; ")}`);
  return world.image();
}
