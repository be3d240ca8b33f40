/**
 * The cases of admission, by the numbers of the reference: what a user writes wrongly, and where that is caught. One
 * table for all tests: the schema alone (webhook away), the checks as functions, `kubectl apply` with the webhook, and
 * the pass for what needs a look at other objects.
 */
import type { TimesTenClassicObject } from "../../../generated/types";

export interface AdmissionCase {
  /** Number in the reference; several lines may have one. */
  number: number;
  /** What is wrong. */
  title: string;
  /** The object as it is written. */
  object: Written;
  /** The object before, where a change is meant. */
  old?: Written;
  /** Words with which the API server refuses it alone, so also while the webhook is away. */
  schema?: string;
  /** Words with which the checks refuse it: at the webhook, and in the pass as Ready=False InvalidSpec while it was away. */
  denial?: string;
  /** Words of the warning that the webhook gives. */
  warning?: string;
  /** Only a look at other objects can say it: this shows in the pass. */
  pass?: string;
  /** Taken as it is; why that is right here. */
  fine?: string;
}

/** What a user may write: `ttspec` is added to the smallest one, `spec` replaces parts of the spec. */
export interface Written {
  name?: string;
  version?: string;
  labels?: Record<string, string>;
  ttspec?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  /** As it was when the change comes. */
  status?: TimesTenClassicObject["status"];
}

const none = { replicationTopology: "none" };
const statement = (stores: string): string =>
  `create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "{{tt-node-1}}" ${stores}`;
const stores =
  'store "{{tt-name}}" on "{{tt-node-0}}" PORT {{tt-rep-port}} store "{{tt-name}}" on "{{tt-node-1}}" PORT {{tt-rep-port}}';
const tt = (fields: object): Written => template({ containers: [{ name: "tt", ...fields }] });
const template = (spec: object, ttspec: Record<string, unknown> = {}): Written => ({
  ttspec,
  spec: { template: { spec } },
});
const memory = (request: string, limit: string) => ({
  resources: { requests: { memory: request }, limits: { memory: limit } },
});

/** A field given a value on creation. */
const given = (number: number, title: string, ttspec: Record<string, unknown>, to: Outcome): AdmissionCase => ({
  number,
  title,
  object: { ttspec },
  ...to,
});
/** A field changed from one value to another. */
const changed = (
  number: number,
  title: string,
  from: Record<string, unknown>,
  ttspec: Record<string, unknown>,
  to: Outcome,
): AdmissionCase => ({ number, title, old: { ttspec: from }, object: { ttspec }, ...to });

type Outcome = Pick<AdmissionCase, "schema" | "denial" | "warning" | "pass" | "fine">;

const shape: AdmissionCase[] = [
  { number: 1, title: "no spec.ttspec", object: { spec: { ttspec: undefined } }, schema: "spec.ttspec: Required value" },
  given(2, "replicationTopology null", { replicationTopology: null }, { fine: "an explicit null is an absent field" }),
  given(3, "additionalMemoryRequest null", { additionalMemoryRequest: null }, { fine: "as 2" }),
  given(4, "misspelt key under ttspec", { storagesize: "1Gi" }, { schema: 'unknown field "spec.ttspec.storagesize"' }),
  { number: 5, title: "misspelt key under spec", object: { spec: { templates: {} } }, schema: 'unknown field "spec.templates"' },
  given(6, "agentTCPTimeout", { agentTCPTimeout: 5 }, { warning: "spec.ttspec.agentTCPTimeout is now spelled agentTcpTimeout" }),
  given(6, "agentTLSTimeout", { agentTLSTimeout: 5 }, { warning: "spec.ttspec.agentTLSTimeout is now spelled agentTlsTimeout" }),
  given(6, "waitingForActiveTimeout", { waitingForActiveTimeout: 5 }, { warning: "spec.ttspec.waitingForActiveTimeout has no effect" }),
  { number: 7, title: "name with a dot", object: { name: "my.sample" }, schema: "metadata.name must start with a lower-case letter" },
  { number: 7, title: "name that starts with a digit", object: { name: "1sample" }, schema: "metadata.name must start with a lower-case letter" },
  { number: 8, title: "name longer than 52", object: { name: `a-${"b".repeat(51)}` }, schema: "at most 52 characters" },
  { number: 9, title: "database name longer than 32", object: { name: "a".repeat(33) }, schema: "longer than TimesTen's limit of 32 characters" },
  { number: 10, title: "name with a dash", object: { name: "orders-eu" }, warning: 'the database will be called "orders", not "orders-eu"' },
  { number: 11, title: "name of a foreign object", object: {}, pass: "ForeignObject" },
  { number: 12, title: "claims left from an earlier object", object: {}, pass: "a warning Event" },
  { number: 13, title: "label app", object: { labels: { app: "x" } }, denial: "metadata.labels.app is reserved for the operator" },
  { number: 13, title: "label database.oracle.com", object: { labels: { "database.oracle.com": "x" } }, denial: "is reserved for the operator" },
  { number: 14, title: "host name longer than 200", object: { name: `${"a".repeat(26)}-${"b".repeat(25)}` }, fine: "the limits of the name keep it below 200 characters", warning: "has a dash" },
  { number: 15, title: "deprecated version", object: { version: "v3" }, fine: "the API server itself warns: timesten.oracle.com/v3 TimesTenClassic is deprecated; use v5" },
];

const sources: AdmissionCase[] = [
  given(16, "no image", { image: undefined }, { schema: "spec.ttspec.image: Required value" }),
  given(16, "empty image", { image: "" }, { schema: "spec.ttspec.image is required" }),
  changed(17, "image emptied", {}, { image: "" }, { schema: "spec.ttspec.image is required" }),
  given(18, "image with a blank", { image: "a b" }, { schema: "spec.ttspec.image is not a valid image reference" }),
  given(18, "image with an upper-case repository", { image: "r/TT:1" }, { schema: "is not a valid image reference" }),
  given(19, "tag latest", { image: "r/tt:latest" }, { warning: "spec.ttspec.image has the tag latest" }),
  given(19, "no tag", { image: "localhost:5000/tt" }, { warning: "spec.ttspec.image has no tag" }),
  given(20, "other major release", { image: "r/tt221:1" }, { pass: "ReleaseRefused" }),
  given(21, "imagePullPolicy in lower case", { imagePullPolicy: "always" }, { schema: "must be Always, IfNotPresent or Never" }),
  given(22, "imagePullSecret that is not there", { imagePullSecret: "no" }, { pass: "MissingPullSecret" }),
  given(23, "no storageClassName", { storageClassName: undefined }, { schema: "spec.ttspec.storageClassName: Required value" }),
  given(23, "empty storageClassName", { storageClassName: "" }, { schema: "spec.ttspec.storageClassName is required" }),
  given(24, "class that is not there", { storageClassName: "no" }, { pass: "MissingStorageClass" }),
  given(25, "storageSize that is no quantity", { storageSize: "250GB" }, { schema: "is not a quantity; use for example 250Gi" }),
  given(26, "storageSize 0", { storageSize: "0" }, { schema: "must be greater than zero" }),
  given(26, "negative storageSize", { storageSize: "-1Gi" }, { schema: "must be greater than zero" }),
  given(27, "storageSize too small for db.ini", { storageSize: "1Mi", dbConfigMap: ["a"] }, { pass: "a warning Event" }),
  given(28, "logStorageSize that is no quantity", { logStorageSize: "x" }, { schema: "is not a quantity" }),
  given(28, "logStorageSize 0", { logStorageSize: "0" }, { schema: "must be greater than zero" }),
  given(29, "logStorageClassName without logStorageSize", { logStorageClassName: "x" }, { warning: "spec.ttspec.logStorageClassName has no effect without logStorageSize" }),
  given(29, "logStorageSelector without logStorageSize", { logStorageSelector: {} }, { warning: "spec.ttspec.logStorageSelector has no effect without logStorageSize" }),
  given(30, "unknown operator of a selector", { storageSelector: { matchExpressions: [{ key: "a", operator: "Equals" }] } }, { schema: "spec.ttspec.storageSelector.matchExpressions[0].operator: Unsupported value" }),
  given(30, "selector without values", { storageSelector: { matchExpressions: [{ key: "a", operator: "In", values: [] }] } }, { schema: "values are required with In and NotIn" }),
  given(31, "ConfigMap that is not there", { dbConfigMap: ["no"] }, { pass: "MissingConfigMap" }),
  given(32, "Secret that is not there", { dbSecret: ["no"] }, { pass: "MissingSecret" }),
  given(33, "empty name in a list", { dbConfigMap: ["a", ""] }, { schema: "spec.ttspec.dbConfigMap[1]" }),
  given(33, "name twice", { dbSecret: ["a", "a"] }, { schema: 'spec.ttspec.dbSecret[1]: Duplicate value: "a"' }),
  given(34, "empty list", { dbConfigMap: [] }, { schema: "should have at least 1 items" }),
  given(35, "name in place of a list", { dbConfigMap: "a" }, { schema: "must be of type array" }),
  ...([
    [36, "one key in two sources"],
    [37, "key that is no metadata file"],
    [38, "db.ini that sets DataStore"],
    [39, "db.ini with a line that is none"],
    [40, "TimesTen Cache without what db.ini needs"],
    [41, "malformed adminUser"],
    [42, "cachegroups.sql without cacheUser"],
    [43, "password in a ConfigMap"],
  ] as const).map(([number, title]) => given(number, title, { dbConfigMap: ["a"] }, { pass: "the contents are read in the pass" })),
];

const replication: AdmissionCase[] = [
  given(44, "unknown topology", { replicationTopology: "activeActive" }, { schema: "must be activeStandbyPair or none" }),
  given(45, "replicas of a pair", { replicas: 2 }, { schema: "apply only to replicationTopology none; a pair always has two Pods" }),
  given(46, "no replicas", { ...none, replicas: 0 }, { schema: "should be greater than or equal to 1" }),
  given(46, "too many replicas", { ...none, replicas: 101 }, { schema: "should be less than or equal to 100" }),
  given(47, "partition that leaves no Pod", { ...none, replicas: 2, rollingUpdatePartition: 2 }, { schema: "rollingUpdatePartition leaves no Pod to upgrade" }),
  given(47, "partition of a pair", { rollingUpdatePartition: 1 }, { schema: "apply only to replicationTopology none" }),
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
    given(48, `${field} of independent databases`, { ...none, [field]: value }, {
      schema: `spec.ttspec.${field} applies only to replicationTopology activeStandbyPair`,
    }),
  ),
  given(49, "repPort below 1024", { repPort: 80 }, { schema: "should be greater than or equal to 1024" }),
  given(49, "repPort above 65535", { repPort: 65536 }, { schema: "should be less than or equal to 65535" }),
  ...[8443, 8444, 8445, 6624, 6625].map(repPort => given(50, `repPort ${repPort}`, { repPort }, { schema: "spec.ttspec.repPort must not be" })),
  given(50, "repPort of the exporter", { repPort: 8888, prometheus: {} }, { schema: "spec.ttspec.repPort and spec.ttspec.prometheus.port must differ" }),
  given(51, "other statement", { repCreateStatement: "drop active standby pair" }, { schema: 'must begin with "create active standby pair"' }),
  given(52, "one host", { repCreateStatement: `create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "elsewhere" ${stores}` }, { denial: "must name both {{tt-node-0}} and {{tt-node-1}}" }),
  given(53, "other database", { repCreateStatement: statement(stores).replaceAll("{{tt-name}}", "other") }, { denial: 'uses the database "other"; use "sample" or {{tt-name}}' }),
  given(54, "unknown variable", { repCreateStatement: `${statement(stores)} store "{{tt-name}}" on "{{tt-node-2}}" PORT 4444` }, { denial: "contains the unknown variable {{tt-node-2}}" }),
  given(55, "no PORT", { repCreateStatement: statement("") }, { denial: "must set PORT {{tt-rep-port}} (4444) for each store" }),
  given(55, "other PORT", { repCreateStatement: statement(stores.replaceAll("{{tt-rep-port}}", "5000")) }, { denial: "must set PORT {{tt-rep-port}} (4444) for each store" }),
  given(56, "two statements", { repCreateStatement: `${statement(stores)}; drop table t` }, { denial: "must be a single statement" }),
  given(57, "statement and store attribute", { repCreateStatement: statement(stores), repStoreAttribute: "PORT 4444" }, { schema: "spec.ttspec.repCreateStatement cannot be combined with" }),
  given(58, "unknown return service", { repReturnServiceAttribute: "RETURN SOON" }, { schema: "must be NO RETURN, RETURN RECEIPT [BY REQUEST] or RETURN TWOSAFE [BY REQUEST]" }),
  given(59, "store attribute without PORT", { repStoreAttribute: "FAILTHRESHOLD 0" }, { schema: "spec.ttspec.repStoreAttribute must contain PORT" }),
  given(59, "store attribute with another port", { repStoreAttribute: "PORT 5000" }, { schema: "spec.ttspec.repStoreAttribute must contain PORT" }),
  given(60, "two-safe that may commit alone", { repReturnServiceAttribute: "RETURN TWOSAFE", repStoreAttribute: "PORT 4444 LOCAL COMMIT ACTION COMMIT" }, { warning: "cannot choose the better database when both fail" }),
  given(61, "replicationSSLMandatory 2", { replicationSSLMandatory: 2 }, { schema: "should be less than or equal to 1" }),
  given(62, "unknown cipher suite", { replicationCipherSuite: "ROT13" }, { schema: "has an unknown cipher suite" }),
  given(63, "cipher suite without a wallet", { replicationCipherSuite: "SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }, { warning: "spec.ttspec.replicationCipherSuite has no effect", pass: "not yet: replication is not encrypted" }),
  given(64, "more subscribers than the most", { subscribers: { replicas: 3, maxReplicas: 2 } }, { schema: "subscribers.replicas exceeds maxReplicas" }),
  given(65, "most of no subscribers", { subscribers: { maxReplicas: 2 } }, { schema: "spec.ttspec.subscribers.replicas is required" }),
  given(66, "subscribers of the object's name", { subscribers: { replicas: 1, name: "sample" } }, { schema: "spec.ttspec.subscribers.name must differ from metadata.name" }),
  given(67, "subscribers of a bad name", { subscribers: { replicas: 1, name: "Bad" } }, { schema: "spec.ttspec.subscribers.name" }),
];

const numbers: AdmissionCase[] = [
  given(68, "pollingInterval 0", { pollingInterval: 0 }, { schema: "should be greater than or equal to 1" }),
  ...["unreachableTimeout", "repStateTimeout"].map(field => given(69, `${field} 0`, { [field]: 0 }, { schema: "should be greater than or equal to 1" })),
  given(70, "unreachableTimeout below pollingInterval", { unreachableTimeout: 3 }, { warning: "unreachableTimeout 3 is shorter than pollingInterval (5)" }),
  ...["agentTcpTimeout", "agentTlsTimeout", "agentGetTimeout", "agentPostTimeout"].map(field => given(71, `negative ${field}`, { [field]: -1 }, { schema: "should be greater than or equal to 0" })),
  given(72, "agentAsyncTimeout 0", { agentAsyncTimeout: 0 }, { schema: "should be greater than or equal to 1" }),
  given(73, "upgradeDownPodTimeout too long", { upgradeDownPodTimeout: 21601 }, { schema: "should be less than or equal to 21600" }),
  given(74, "text for a number", { pollingInterval: "30s" }, { schema: "must be of type integer" }),
  given(75, "strategy auto", { imageUpgradeStrategy: "auto" }, { fine: "both ways of writing are accepted and treated alike" }),
  given(75, "strategy Auto", { imageUpgradeStrategy: "Auto" }, { warning: '"Auto" is taken as auto' }),
  given(75, "unknown strategy", { imageUpgradeStrategy: "sometimes" }, { schema: "must be auto, manual, Auto or Manual" }),
  given(76, "bothDownBehavior best", { bothDownBehavior: "best" }, { schema: "must be Best or Manual" }),
  given(77, "memoryWarningPercent 0", { memoryWarningPercent: 0 }, { schema: "should be greater than or equal to 1" }),
  given(77, "memoryWarningPercent 101", { memoryWarningPercent: 101 }, { schema: "should be less than or equal to 100" }),
  given(78, "stopManaging on creation", { stopManaging: "now" }, { warning: "stopManaging has a value on creation; the object will not be started" }),
  given(78, "reexamine on creation", { reexamine: "now" }, { warning: "reexamine has a value on creation" }),
  ...["databaseMemorySize", "databaseCPURequest", "additionalMemoryRequest"].map(field => given(79, `${field} that is no quantity`, { [field]: "40 gigs" }, { schema: "is not a quantity" })),
  ...["daemonLogMemoryRequest", "daemonLogCPURequest", "exporterMemoryRequest", "exporterCPURequest"].map(field => given(80, `${field} that is no quantity`, { [field]: "x" }, { schema: "is not a quantity" })),
  ...["databaseMemorySize", "exporterCPURequest"].map(field => given(81, `${field} 0`, { [field]: "0" }, { schema: "must be greater than zero" })),
  given(82, "databaseMemorySize below what db.ini needs", { databaseMemorySize: "1Mi", dbConfigMap: ["a"] }, { pass: "the contents are read in the pass" }),
  given(83, "no memory limit at all", { automaticMemoryRequests: false }, { warning: "no memory limit is set for container tt" }),
  given(84, "sizes that are not used", { automaticMemoryRequests: false, databaseMemorySize: "1Gi" }, { schema: "have no effect when automaticMemoryRequests is false" }),
  { ...given(85, "huge pages and memory of the template", {}, { denial: "spec.ttspec.useHugePages conflicts with the resources (memory) of container tt" }), object: template({ containers: [{ name: "tt", ...memory("1Gi", "1Gi") }] }, { useHugePages: true }) },
  { number: 86, title: "request and limit that differ", object: tt(memory("1Gi", "2Gi")), warning: "request and limit of memory differ" },
  given(87, "port of the exporter below 1024", { prometheus: { port: 80 } }, { schema: "should be greater than or equal to 1024" }),
  given(87, "port of the exporter in use", { prometheus: { port: 6624 } }, { schema: "spec.ttspec.prometheus.port is already used" }),
  given(88, "limitRate 16", { prometheus: { limitRate: 16 } }, { schema: "should be less than or equal to 15" }),
  given(89, "certSecret that is not there", { prometheus: { certSecret: "no" } }, { warning: "spec.ttspec.prometheus has no effect yet", pass: "not yet: there is no exporter" }),
  given(90, "certSecret that is no label", { prometheus: { certSecret: "a.b" } }, { schema: "spec.ttspec.prometheus.certSecret" }),
  given(91, "certSecret and insecure", { prometheus: { certSecret: "a", insecure: true } }, { schema: "certSecret and insecure: true exclude each other" }),
  given(92, "settings of an exporter that is off", { prometheus: { publish: false, limitRate: 5 } }, { warning: "settings are ignored because publish is false" }),
  given(93, "maxUnavailable 25%", { updateStrategy: { rollingUpdate: { maxUnavailable: "25%" } } }, { warning: "spec.ttspec.updateStrategy has no effect" }),
  given(94, "arch sparc", { arch: "sparc" }, { schema: "must be amd64 or arm64" }),
  given(95, "clientTLS that is not automatic", { clientTLS: { eccurve: "p256" } }, { warning: "clientTLS settings have no effect without auto: true" }),
];

const templates: AdmissionCase[] = [
  { number: 96, title: "image of tt", object: tt({ image: "x" }), denial: "spec.template.spec.containers[0].image is set from spec.ttspec.image" },
  { number: 96, title: "command of tt", object: tt({ command: ["x"] }), denial: "spec.template.spec.containers[0].command of container tt is set by the operator" },
  { number: 96, title: "ports of daemonlog", object: template({ containers: [{ name: "daemonlog", ports: [] }] }), denial: "spec.template.spec.containers[0].ports of container daemonlog" },
  { number: 97, title: "tt without probes", object: tt(memory("1Gi", "1Gi")), fine: "the default stays" },
  { number: 98, title: "container ttinit", object: template({ initContainers: [{ name: "ttinit" }] }), denial: "spec.template.spec.initContainers[0].name ttinit is reserved" },
  { number: 98, title: "two containers of one name", object: template({ containers: [{ name: "a" }, { name: "a" }] }), denial: "spec.template.spec.containers[1].name a is there twice" },
  ...["tt-agent", "tt-persistent", "tt-log", "exporterwallet"].map(name => ({ number: 99, title: `volume ${name}`, object: template({ volumes: [{ name, emptyDir: {} }] }), denial: `spec.template.spec.volumes[0].name ${name} is reserved` })),
  { number: 100, title: "own tt-config beside dbConfigMap", object: template({ volumes: [{ name: "tt-config", emptyDir: {} }] }, { dbConfigMap: ["a"] }), denial: "tt-config is a volume of its own; remove dbConfigMap and dbSecret" },
  ...["/tt", "/ttagent", "/ttlog", "/ttconfig/"].map(mountPath => ({ number: 101, title: `mount at ${mountPath}`, object: tt({ volumeMounts: [{ name: "x", mountPath }] }), denial: `spec.template.spec.containers[0].volumeMounts[0].mountPath ${mountPath} is reserved` })),
  { number: 102, title: "shareProcessNamespace", object: template({ shareProcessNamespace: false }), warning: "spec.template.spec.shareProcessNamespace is replaced by the operator" },
  { number: 102, title: "label app of the template", object: { spec: { template: { metadata: { labels: { app: "x" } } } } }, warning: "spec.template.metadata.labels.app is replaced by the operator" },
  { number: 102, title: "node affinity", object: template({ affinity: { nodeAffinity: {} } }), fine: "it is kept" },
  { number: 103, title: "restartPolicy Never", object: template({ restartPolicy: "Never" }), denial: "spec.template.spec.restartPolicy must be Always" },
  { number: 103, title: "hostNetwork", object: template({ hostNetwork: true }), denial: "spec.template.spec.hostNetwork must be false" },
  { number: 104, title: "other user", object: template({ securityContext: { runAsUser: 3429 } }), warning: "runAsUser 3429 differs from the TimesTen user 333" },
  { number: 105, title: "claim tt-persistent", object: { spec: { volumeClaimTemplates: [{ metadata: { name: "tt-persistent" } }] } }, denial: "spec.volumeClaimTemplates[0].metadata.name tt-persistent is reserved" },
  { number: 105, title: "claim without a name", object: { spec: { volumeClaimTemplates: [{ spec: {} }] } }, denial: "spec.volumeClaimTemplates[0].metadata.name is required" },
  { number: 106, title: "template removed", old: template({ initContainers: [{ name: "a" }] }), object: {}, warning: "spec.template takes effect in each Pod when it is next made anew" },
];

const changes: AdmissionCase[] = [
  changed(107, "replicationTopology", {}, none, { schema: "spec.ttspec.replicationTopology cannot be changed; create a new object" }),
  changed(108, "replicas", { ...none, replicas: 2 }, { ...none, replicas: 3 }, { fine: "it is done" }),
  changed(109, "subscribers added", {}, { subscribers: { replicas: 1 } }, { schema: "spec.ttspec.subscribers cannot be added or removed" }),
  changed(109, "maxReplicas", { subscribers: { replicas: 1, maxReplicas: 2 } }, { subscribers: { replicas: 1, maxReplicas: 3 } }, { schema: "subscribers.maxReplicas cannot be changed after creation" }),
  changed(110, "subscribers lowered", { subscribers: { replicas: 2 } }, { subscribers: { replicas: 1 } }, { schema: "reducing spec.ttspec.subscribers.replicas is not supported" }),
  changed(111, "storageClassName", {}, { storageClassName: "b" }, { schema: "spec.ttspec.storageClassName cannot be changed: StatefulSet claims are fixed at creation" }),
  changed(111, "storageSize lowered", { storageSize: "2Gi" }, { storageSize: "1Gi" }, { schema: "spec.ttspec.storageSize can only grow" }),
  changed(111, "storageSize raised", { storageSize: "2Gi" }, { storageSize: "3Gi" }, { fine: "claims grow where their class allows it" }),
  changed(111, "storageSelector", {}, { storageSelector: {} }, { schema: "spec.ttspec.storageSelector cannot be changed" }),
  changed(112, "logStorageSize added", {}, { logStorageSize: "1Gi" }, { schema: "spec.ttspec.logStorageSize cannot be added or removed" }),
  ...Object.entries({
    repPort: 5000,
    repCreateStatement: statement(stores),
    repReturnServiceAttribute: "RETURN TWOSAFE",
    repStoreAttribute: "PORT 4444",
    replicationCipherSuite: "SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    replicationSSLMandatory: 1,
  }).map(([field, value]) =>
    changed(113, field, {}, { [field]: value }, { schema: `spec.ttspec.${field} is part of the replication scheme and cannot be changed` }),
  ),
  changed(114, "dbConfigMap", { dbConfigMap: ["a"] }, { dbConfigMap: ["b"] }, { schema: "spec.ttspec.dbConfigMap cannot be changed; edit the content of the ConfigMap instead" }),
  changed(114, "dbSecret", { dbSecret: ["a"] }, { dbSecret: ["b"] }, { schema: "spec.ttspec.dbSecret cannot be changed; edit the content of the Secret instead" }),
  ...Object.entries({ daemonLogSidecar: false, databaseMemorySize: "1Gi", imagePullPolicy: "Never", imagePullSecret: "x", useHugePages: true }).map(([field, value]) =>
    changed(115, field, {}, { [field]: value }, { warning: `spec.ttspec.${field} takes effect in each Pod when it is next made anew` }),
  ),
  { number: 116, title: "volumeClaimTemplates", old: {}, object: { spec: { volumeClaimTemplates: [{ metadata: { name: "a" } }] } }, denial: "spec.volumeClaimTemplates cannot be changed: StatefulSet claims are fixed at creation" },
  { number: 117, title: "image while not Normal", old: { status: { highLevelState: "StandbyDown" } }, object: { ttspec: { image: "r/tt:2" } }, warning: "the upgrade waits until the state is Normal (now StandbyDown)" },
  { number: 118, title: "image during an upgrade", old: { status: { highLevelState: "StandbyDown", upgrade: { phase: "Standby" } } }, object: { ttspec: { image: "r/tt:2" } }, warning: "is changed while an upgrade is under way (Standby): it goes on with the new image" },
  { number: 119, title: "edit of a Failed object", old: { status: { highLevelState: "Failed" } }, object: { ttspec: { pollingInterval: 6 } }, warning: "is that of a Failed object: delete and re-create it" },
  { number: 120, title: "status by a user", object: {}, fine: "who may write a status is a matter of roles; the next pass writes what is so" },
  { number: 121, title: "finalizer removed", object: {}, fine: "there is no finalizer: nothing is cleaned up in the Oracle database yet" },
  { number: 122, title: "deleted while cache groups exist", object: {}, fine: "as 121; deleting is never held up" },
];

export const admissionCases: readonly AdmissionCase[] = [...shape, ...sources, ...replication, ...numbers, ...templates, ...changes];

/** @returns the object as a manifest of it, without what only the API server adds */
export function manifest(written: Written, name = written.name ?? "sample"): TimesTenClassicObject {
  const { version = "v1", labels, ttspec, spec } = written;
  return JSON.parse(
    JSON.stringify({
      apiVersion: `timesten.oracle.com/${version}`,
      kind: "TimesTenClassic",
      metadata: { name, ...(labels === undefined ? {} : { labels }) },
      spec: { ttspec: { image: "r/tt:1", storageClassName: "a", ...ttspec }, ...spec },
    }),
  ) as TimesTenClassicObject;
}

/** A line for test names. */
export const nameOf = ({ number, title }: AdmissionCase): string => `${number}: ${title}`;
