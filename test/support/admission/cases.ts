/**
 * The cases of admission, by the numbers of the reference: what a user writes wrongly, and where that is caught. One
 * table for all tests: the schema alone (webhook away), the checks as functions, `kubectl apply` with the webhook, and
 * the pass for what needs a look at other objects.
 */
import type { AdmissionCase } from "./case";
import { changes } from "./changes";
import { numbers } from "./numbers";
import { replication } from "./replication";
import { shape } from "./shape";
import { sources } from "./sources";
import { templates } from "./templates";

export { manifest, nameOf, type AdmissionCase, type Written } from "./case";

export const admissionCases: readonly AdmissionCase[] = [
  ...shape,
  ...sources,
  ...replication,
  ...numbers,
  ...templates,
  ...changes,
];
