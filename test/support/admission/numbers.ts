/** Numbers, words, resources (68 to 95). */
import { given, memory, template, tt, type AdmissionCase } from "./case";

export const numbers: AdmissionCase[] = [
  given(68, "pollingInterval 0", { pollingInterval: 0 }, { schema: "should be greater than or equal to 1" }),
  ...["unreachableTimeout", "repStateTimeout"].map(field =>
    given(69, `${field} 0`, { [field]: 0 }, { schema: "should be greater than or equal to 1" }),
  ),
  given(
    70,
    "unreachableTimeout below pollingInterval",
    { unreachableTimeout: 3 },
    { warning: "unreachableTimeout 3 is shorter than pollingInterval (5)" },
  ),
  ...["agentTcpTimeout", "agentTlsTimeout", "agentGetTimeout", "agentPostTimeout"].map(field =>
    given(71, `negative ${field}`, { [field]: -1 }, { schema: "should be greater than or equal to 0" }),
  ),
  given(
    72,
    "agentAsyncTimeout 0",
    { agentAsyncTimeout: 0 },
    { schema: "should be greater than or equal to 1" },
  ),
  given(
    73,
    "upgradeDownPodTimeout too long",
    { upgradeDownPodTimeout: 21601 },
    { schema: "should be less than or equal to 21600" },
  ),
  given(74, "text for a number", { pollingInterval: "30s" }, { schema: "must be of type integer" }),
  given(
    75,
    "strategy auto",
    { imageUpgradeStrategy: "auto" },
    { fine: "both ways of writing are accepted and treated alike" },
  ),
  given(75, "strategy Auto", { imageUpgradeStrategy: "Auto" }, { warning: '"Auto" is taken as auto' }),
  given(
    75,
    "unknown strategy",
    { imageUpgradeStrategy: "sometimes" },
    { schema: "must be auto, manual, Auto or Manual" },
  ),
  given(76, "bothDownBehavior best", { bothDownBehavior: "best" }, { schema: "must be Best or Manual" }),
  given(
    77,
    "memoryWarningPercent 0",
    { memoryWarningPercent: 0 },
    { schema: "should be greater than or equal to 1" },
  ),
  given(
    77,
    "memoryWarningPercent 101",
    { memoryWarningPercent: 101 },
    { schema: "should be less than or equal to 100" },
  ),
  given(
    78,
    "stopManaging on creation",
    { stopManaging: "now" },
    { warning: "stopManaging has a value on creation; the object will not be started" },
  ),
  given(78, "reexamine on creation", { reexamine: "now" }, { warning: "reexamine has a value on creation" }),
  ...["databaseMemorySize", "databaseCPURequest", "additionalMemoryRequest"].map(field =>
    given(79, `${field} that is no quantity`, { [field]: "40 gigs" }, { schema: "is not a quantity" }),
  ),
  ...["daemonLogMemoryRequest", "daemonLogCPURequest", "exporterMemoryRequest", "exporterCPURequest"].map(
    field => given(80, `${field} that is no quantity`, { [field]: "x" }, { schema: "is not a quantity" }),
  ),
  ...["databaseMemorySize", "exporterCPURequest"].map(field =>
    given(81, `${field} 0`, { [field]: "0" }, { schema: "must be greater than zero" }),
  ),
  given(
    82,
    "databaseMemorySize below what db.ini needs",
    { databaseMemorySize: "1Mi", dbConfigMap: ["a"] },
    { pass: "BadMetadata" },
  ),
  given(
    83,
    "no memory limit at all",
    { automaticMemoryRequests: false },
    { warning: "no memory limit is set for container tt" },
  ),
  given(
    84,
    "sizes that are not used",
    { automaticMemoryRequests: false, databaseMemorySize: "1Gi" },
    { schema: "have no effect when automaticMemoryRequests is false" },
  ),
  {
    ...given(
      85,
      "huge pages and memory of the template",
      {},
      { denial: "spec.ttspec.useHugePages conflicts with the resources (memory) of container tt" },
    ),
    object: template({ containers: [{ name: "tt", ...memory("1Gi", "1Gi") }] }, { useHugePages: true }),
  },
  {
    number: 86,
    title: "request and limit that differ",
    object: tt(memory("1Gi", "2Gi")),
    warning: "request and limit of memory differ",
  },
  given(
    87,
    "port of the exporter below 1024",
    { prometheus: { port: 80 } },
    { schema: "should be greater than or equal to 1024" },
  ),
  given(
    87,
    "port of the exporter in use",
    { prometheus: { port: 6624 } },
    { schema: "spec.ttspec.prometheus.port is already used" },
  ),
  given(
    88,
    "limitRate 16",
    { prometheus: { limitRate: 16 } },
    { schema: "should be less than or equal to 15" },
  ),
  given(
    89,
    "certSecret that is not there",
    { prometheus: { certSecret: "no" } },
    { warning: "spec.ttspec.prometheus has no effect yet", pass: "not yet: there is no exporter" },
  ),
  given(
    90,
    "certSecret that is no label",
    { prometheus: { certSecret: "a.b" } },
    { schema: "spec.ttspec.prometheus.certSecret" },
  ),
  given(
    91,
    "certSecret and insecure",
    { prometheus: { certSecret: "a", insecure: true } },
    { schema: "certSecret and insecure: true exclude each other" },
  ),
  given(
    92,
    "settings of an exporter that is off",
    { prometheus: { publish: false, limitRate: 5 } },
    { warning: "settings are ignored because publish is false" },
  ),
  given(
    93,
    "maxUnavailable 25%",
    { updateStrategy: { rollingUpdate: { maxUnavailable: "25%" } } },
    { warning: "spec.ttspec.updateStrategy has no effect" },
  ),
  given(94, "arch sparc", { arch: "sparc" }, { schema: "must be amd64 or arm64" }),
  given(
    95,
    "clientTLS that is not automatic",
    { clientTLS: { eccurve: "p256" } },
    { warning: "clientTLS settings have no effect without auto: true" },
  ),
];
