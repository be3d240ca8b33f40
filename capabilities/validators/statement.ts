import type { TimesTenClassicObject } from "../../generated/types";
import {
  checkRepCreateStatement,
  checkReturnService,
  checkStoreAttribute,
  type FileFault,
  type Findings,
} from "../metadata";
import { databaseName, DEFAULT_REP_PORT, headlessServiceName, podName } from "../objects/names";
import { AGENT_USER, CONFLICT_REPORT_DIR } from "../objects/repCreateStatement";
import { isSet, ttspecOf, type Check, type Fault } from "./fault";

/** A statement, or an attribute of the generated one, that TimesTen would refuse or that could not work here. */
export const checkStatement: Check = object => findings(object).flatMap(({ faults }) => faults.map(placed));

/** Two-safe with an attribute that lets a commit be in one database only. */
export const doubtStatement: Check = object =>
  findings(object).flatMap(({ warnings }) => warnings.map(placed));

function findings(object: TimesTenClassicObject): Findings[] {
  if (isSet(object)) return [];
  const { repCreateStatement, repReturnServiceAttribute, repStoreAttribute, repPort } = ttspecOf(object);
  const port = repPort ?? DEFAULT_REP_PORT;
  const { name, namespace = "default" } = object.metadata;
  // The domain of the cluster is not known here: a host is taken with any.
  const host = (ordinal: number): string =>
    `${podName(name, ordinal)}.${headlessServiceName(name)}.${namespace}.svc`;
  const found: Findings[] = [];
  if (repCreateStatement !== undefined)
    found.push(
      checkRepCreateStatement(repCreateStatement, {
        database: databaseName(name),
        repPort: port,
        hosts: [host(0), host(1)],
        conflictReportDir: CONFLICT_REPORT_DIR,
        agentUser: AGENT_USER,
      }),
    );
  if (repReturnServiceAttribute !== undefined) found.push(checkReturnService(repReturnServiceAttribute));
  if (repStoreAttribute !== undefined)
    found.push(checkStoreAttribute(repStoreAttribute, port, repReturnServiceAttribute));
  return found;
}

function placed({ path, file, line, message }: FileFault): Fault {
  return {
    path: path ?? `spec.ttspec.${file}`,
    message: line > 1 ? `${message} (line ${line})` : message,
  };
}
