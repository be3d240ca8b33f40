import type { TimesTenClassicObject } from "../../generated/types";
import { fillVariables } from "../metadata/statement/variables";
import { databaseName, identityOf, podHost, podName, repPort, type ObjectSettings } from "./names";

/** The internal TimesTen user that the agent makes. */
export const AGENT_USER = "ttagent";
/** Where TimesTen reports conflicts to. */
export const CONFLICT_REPORT_DIR = "/tt/home/oracle/conflict";

/**
 * @returns the statement that creates the replication scheme of a pair: the user's own with its {{variables}} filled
 *   in, or the generated one; empty where the databases are independent
 */
export function repCreateStatement(object: TimesTenClassicObject, settings: ObjectSettings): string {
  const { ttspec } = object.spec;
  if (ttspec.replicationTopology === "none") return "";
  const identity = identityOf(object);
  const host = (ordinal: number): string => podHost(identity, podName(identity.name, ordinal), settings);
  const [first, second] = [host(0), host(1)];
  const db = databaseName(identity.name);
  const port = repPort(object);
  if (ttspec.repCreateStatement !== undefined) {
    return fillVariables(ttspec.repCreateStatement, {
      database: db,
      repPort: port,
      hosts: [first, second],
      conflictReportDir: CONFLICT_REPORT_DIR,
      agentUser: AGENT_USER,
    });
  }
  const stores = [`"${db}" on "${first}"`, `"${db}" on "${second}"`];
  const service = ttspec.repReturnServiceAttribute ?? "NO RETURN";
  const attributes = ttspec.repStoreAttribute ?? `PORT ${port} FAILTHRESHOLD 0`;
  return [
    `create active standby pair ${stores.join(", ")}`,
    service,
    ...stores.map(store => `store ${store} ${attributes}`),
  ].join(" ");
}
