/** Shape and names (1 to 15). */
import { given, type AdmissionCase } from "./case";

export const shape: AdmissionCase[] = [
  {
    number: 1,
    title: "no spec.ttspec",
    object: { spec: { ttspec: undefined } },
    schema: "spec.ttspec: Required value",
  },
  given(
    2,
    "replicationTopology null",
    { replicationTopology: null },
    { fine: "an explicit null is an absent field" },
  ),
  given(3, "additionalMemoryRequest null", { additionalMemoryRequest: null }, { fine: "as 2" }),
  given(
    4,
    "misspelt key under ttspec",
    { storagesize: "1Gi" },
    { schema: 'unknown field "spec.ttspec.storagesize"' },
  ),
  {
    number: 5,
    title: "misspelt key under spec",
    object: { spec: { templates: {} } },
    schema: 'unknown field "spec.templates"',
  },
  given(
    6,
    "agentTCPTimeout",
    { agentTCPTimeout: 5 },
    { warning: "spec.ttspec.agentTCPTimeout is now spelled agentTcpTimeout" },
  ),
  given(
    6,
    "agentTLSTimeout",
    { agentTLSTimeout: 5 },
    { warning: "spec.ttspec.agentTLSTimeout is now spelled agentTlsTimeout" },
  ),
  given(
    6,
    "waitingForActiveTimeout",
    { waitingForActiveTimeout: 5 },
    { warning: "spec.ttspec.waitingForActiveTimeout has no effect" },
  ),
  {
    number: 7,
    title: "name with a dot",
    object: { name: "my.sample" },
    schema: "metadata.name must start with a lower-case letter",
  },
  {
    number: 7,
    title: "name that starts with a digit",
    object: { name: "1sample" },
    schema: "metadata.name must start with a lower-case letter",
  },
  {
    number: 8,
    title: "name longer than 52",
    object: { name: `a-${"b".repeat(51)}` },
    schema: "at most 52 characters",
  },
  {
    number: 9,
    title: "database name longer than 32",
    object: { name: "a".repeat(33) },
    schema: "longer than TimesTen's limit of 32 characters",
  },
  {
    number: 10,
    title: "name with a dash",
    object: { name: "orders-eu" },
    warning: 'the database will be called "orders", not "orders-eu"',
  },
  { number: 11, title: "name of a foreign object", object: {}, pass: "ForeignObject" },
  { number: 12, title: "claims left from an earlier object", object: {}, pass: "a warning Event" },
  {
    number: 13,
    title: "label app",
    object: { labels: { app: "x" } },
    denial: "metadata.labels.app is reserved for the operator",
  },
  {
    number: 13,
    title: "label database.oracle.com",
    object: { labels: { "database.oracle.com": "x" } },
    denial: "is reserved for the operator",
  },
  {
    number: 14,
    title: "host name longer than 200",
    object: { name: `${"a".repeat(26)}-${"b".repeat(25)}` },
    fine: "the limits of the name keep it below 200 characters",
    warning: "has a dash",
  },
  {
    number: 15,
    title: "deprecated version",
    object: { version: "v3" },
    fine: "the API server itself warns: timesten.oracle.com/v3 TimesTenClassic is deprecated; use v5",
  },
];
