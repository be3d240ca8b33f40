/** Entry of the operator as a plain process beside a cluster, without admission: for development. */
import { startOperator } from "./main";

startOperator().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
