/** Topology and replication (44 to 67). */
import { given, none, statement, stores, type AdmissionCase } from "./case";

export const replication: AdmissionCase[] = [
  given(
    44,
    "unknown topology",
    { replicationTopology: "activeActive" },
    { schema: "must be activeStandbyPair or none" },
  ),
  given(
    45,
    "replicas of a pair",
    { replicas: 2 },
    { schema: "apply only to replicationTopology none; a pair always has two Pods" },
  ),
  given(46, "no replicas", { ...none, replicas: 0 }, { schema: "should be greater than or equal to 1" }),
  given(
    46,
    "too many replicas",
    { ...none, replicas: 101 },
    { schema: "should be less than or equal to 100" },
  ),
  given(
    47,
    "partition that leaves no Pod",
    { ...none, replicas: 2, rollingUpdatePartition: 2 },
    { schema: "rollingUpdatePartition leaves no Pod to upgrade" },
  ),
  given(
    47,
    "partition of a pair",
    { rollingUpdatePartition: 1 },
    { schema: "apply only to replicationTopology none" },
  ),
  ...Object.entries({
    repPort: 5000,
    repCreateStatement: statement(stores),
    repReturnServiceAttribute: "NO RETURN",
    repStoreAttribute: "PORT 4444",
    repStateTimeout: 30,
    replicationCipherSuite: "SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    replicationSSLMandatory: 1,
    bothDownBehavior: "Best",
    subscribers: { replicas: 1 },
  }).map(([field, value]) =>
    given(
      48,
      `${field} of independent databases`,
      { ...none, [field]: value },
      {
        schema: `spec.ttspec.${field} applies only to replicationTopology activeStandbyPair`,
      },
    ),
  ),
  given(49, "repPort below 1024", { repPort: 80 }, { schema: "should be greater than or equal to 1024" }),
  given(49, "repPort above 65535", { repPort: 65536 }, { schema: "should be less than or equal to 65535" }),
  ...[8443, 8444, 8445, 6624, 6625].map(repPort =>
    given(50, `repPort ${repPort}`, { repPort }, { schema: "spec.ttspec.repPort must not be" }),
  ),
  given(
    50,
    "repPort of the exporter",
    { repPort: 8888, prometheus: {} },
    { schema: "spec.ttspec.repPort and spec.ttspec.prometheus.port must differ" },
  ),
  given(
    51,
    "other statement",
    { repCreateStatement: "drop active standby pair" },
    { schema: 'must begin with "create active standby pair"' },
  ),
  given(
    52,
    "one host",
    {
      repCreateStatement: `create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "elsewhere" ${stores}`,
    },
    { denial: "must name both {{tt-node-0}} and {{tt-node-1}}" },
  ),
  given(
    53,
    "other database",
    { repCreateStatement: statement(stores).replaceAll("{{tt-name}}", "other") },
    { denial: 'uses the database "other"; use "sample" or {{tt-name}}' },
  ),
  given(
    54,
    "unknown variable",
    { repCreateStatement: `${statement(stores)} store "{{tt-name}}" on "{{tt-node-2}}" PORT 4444` },
    { denial: "contains the unknown variable {{tt-node-2}}" },
  ),
  given(
    55,
    "no PORT",
    { repCreateStatement: statement("") },
    { denial: "must set PORT {{tt-rep-port}} (4444) for each store" },
  ),
  given(
    55,
    "other PORT",
    { repCreateStatement: statement(stores.replaceAll("{{tt-rep-port}}", "5000")) },
    { denial: "must set PORT {{tt-rep-port}} (4444) for each store" },
  ),
  given(
    56,
    "two statements",
    { repCreateStatement: `${statement(stores)}; drop table t` },
    { denial: "must be a single statement" },
  ),
  given(
    57,
    "statement and store attribute",
    { repCreateStatement: statement(stores), repStoreAttribute: "PORT 4444" },
    { schema: "spec.ttspec.repCreateStatement cannot be combined with" },
  ),
  given(
    58,
    "unknown return service",
    { repReturnServiceAttribute: "RETURN SOON" },
    { schema: "must be NO RETURN, RETURN RECEIPT [BY REQUEST] or RETURN TWOSAFE [BY REQUEST]" },
  ),
  given(
    59,
    "store attribute without PORT",
    { repStoreAttribute: "FAILTHRESHOLD 0" },
    { schema: "spec.ttspec.repStoreAttribute must contain PORT" },
  ),
  given(
    59,
    "store attribute with another port",
    { repStoreAttribute: "PORT 5000" },
    { schema: "spec.ttspec.repStoreAttribute must contain PORT" },
  ),
  given(
    60,
    "two-safe that may commit alone",
    {
      repReturnServiceAttribute: "RETURN TWOSAFE",
      repStoreAttribute: "PORT 4444 LOCAL COMMIT ACTION COMMIT",
    },
    { warning: "cannot choose the better database when both fail" },
  ),
  given(
    61,
    "replicationSSLMandatory 2",
    { replicationSSLMandatory: 2 },
    { schema: "should be less than or equal to 1" },
  ),
  given(
    62,
    "unknown cipher suite",
    { replicationCipherSuite: "ROT13" },
    { schema: "has an unknown cipher suite" },
  ),
  given(
    63,
    "cipher suite without a wallet",
    { replicationCipherSuite: "SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
    {
      warning: "spec.ttspec.replicationCipherSuite has no effect",
      pass: "not yet: replication is not encrypted",
    },
  ),
  given(
    64,
    "more subscribers than the most",
    { subscribers: { replicas: 3, maxReplicas: 2 } },
    { schema: "subscribers.replicas exceeds maxReplicas" },
  ),
  given(
    65,
    "most of no subscribers",
    { subscribers: { maxReplicas: 2 } },
    { schema: "spec.ttspec.subscribers.replicas is required" },
  ),
  given(
    66,
    "subscribers of the object's name",
    { subscribers: { replicas: 1, name: "sample" } },
    { schema: "spec.ttspec.subscribers.name must differ from metadata.name" },
  ),
  given(
    67,
    "subscribers of a bad name",
    { subscribers: { replicas: 1, name: "Bad" } },
    { schema: "spec.ttspec.subscribers.name" },
  ),
];
