import { databaseName } from "../objects/names";
import type { Check, Fault } from "./fault";

/** Pod names and the label controller-revision-hash are built from the name and must stay within 63 characters. */
const MAX_NAME = 52;
/** TimesTen's limit of a database name. */
const MAX_DATABASE_NAME = 32;

/** TimesTen has no dashes in names; the documents' own objects have none either. */
export const doubtName: Check = object => {
  const { name } = object.metadata;
  const database = databaseName(name);
  return database === name
    ? []
    : [
        {
          path: "metadata.name",
          message: `has a dash: the database will be called "${database}", not "${name}"`,
        },
      ];
};

/** The name becomes a Service, Pods, DNS names, and up to its first dash the database. */
export const checkName: Check = object => {
  const path = "metadata.name";
  // Kubernetes itself refuses an object without a name.
  const name = object.metadata.name;
  const faults: Fault[] = [];
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    faults.push({
      path,
      message: `"${name}" cannot be used: it must start with a lower-case letter, end with a letter or digit and contain only a-z, 0-9 and '-'`,
    });
  }
  if (name.length > MAX_NAME) {
    faults.push({
      path,
      message: `has ${name.length} characters; at most ${MAX_NAME} are allowed, because Pod names and labels are built from it`,
    });
  }
  const database = databaseName(name);
  if (database.length > MAX_DATABASE_NAME) {
    faults.push({
      path,
      message: `gives the database name "${database}" (up to the first '-'), which is longer than TimesTen's limit of ${MAX_DATABASE_NAME} characters`,
    });
  }
  return faults;
};
