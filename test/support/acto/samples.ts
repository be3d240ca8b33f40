/** What the schema cannot tell: values that make sense for a text, and what a field needs beside it. */

/** The object that every case changes: the smallest one that runs, as the world can run it. */
export const BASE: Readonly<Record<string, unknown>> = {
  image: "registry.example.com/timesten:18.1.4.11.0",
  storageClassName: "standard",
  dbConfigMap: ["sample"],
  imageUpgradeStrategy: "auto",
};

const store = (host: number, attributes: string): string =>
  `store "{{tt-name}}" on "{{tt-node-${host}}}" ${attributes}`;
const STATEMENT = [
  'create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "{{tt-node-1}}" RETURN RECEIPT',
  ...[0, 1].map(host => store(host, "PORT {{tt-rep-port}} FAILTHRESHOLD 10")),
].join(" ");

/** By path below spec: values that ought to work, before the generated ones. */
export const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  "ttspec.image": [
    "registry.example.com/timesten:18.1.4.12.0",
    "registry.example.com/timesten:18.1.4.11.0-b",
  ],
  "ttspec.dbConfigMap": [["sample"]],
  "ttspec.dbSecret": [["sample-users"]],
  "ttspec.repCreateStatement": [STATEMENT],
  "ttspec.repReturnServiceAttribute": [
    "NO RETURN",
    "RETURN RECEIPT BY REQUEST",
    "RETURN TWOSAFE",
    "RETURN MAYBE",
  ],
  "ttspec.repStoreAttribute": ["PORT 4444 FAILTHRESHOLD 10", "PORT 4445", "FAILTHRESHOLD 10"],
  "ttspec.replicationCipherSuite": ["SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  "ttspec.storageSelector": [{ matchLabels: { disk: "fast" } }],
  "ttspec.logStorageSelector": [{ matchLabels: { disk: "fast" } }],
  "ttspec.updateStrategy.rollingUpdate.maxUnavailable": [1, "25%"],
  "ttspec.prometheus.certSecret": ["exporter-wallet"],
  "ttspec.imagePullSecret": ["sekret"],
  template: [
    { metadata: { labels: { team: "a" } } },
    { spec: { containers: [{ name: "tt", resources: { limits: { memory: "1Gi" } } }] } },
    {
      spec: {
        containers: [{ name: "mine", image: "registry.example.com/mine:1" }],
        nodeSelector: { a: "b" },
      },
    },
    { spec: { containers: [{ name: "tt", image: "registry.example.com/other:1" }] } },
    { spec: { containers: "none" } },
    { spec: { initContainers: [{ name: "ttinit", image: "x:1" }] } },
    { spec: { terminationGracePeriodSeconds: -1 } },
    { spec: null },
  ],
  volumeClaimTemplates: [
    [
      {
        metadata: { name: "mine" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
    [{ metadata: { name: "tt-persistent" } }],
    [{}],
  ],
};

/** By path below spec: what else of ttspec has to be there for the field to mean something. */
export const NEEDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "ttspec.logStorageClassName": { logStorageSize: "2Gi" },
  "ttspec.logStorageSelector": { logStorageSize: "2Gi" },
  "ttspec.replicas": { replicationTopology: "none" },
  "ttspec.rollingUpdatePartition": { replicationTopology: "none", replicas: 2 },
  "ttspec.replicationCipherSuite": { dbSecret: ["sample-users"] },
  "ttspec.replicationSSLMandatory": { dbSecret: ["sample-users"] },
  "ttspec.additionalMemoryRequest": { databaseMemorySize: "1Gi" },
  "ttspec.useHugePages": { databaseMemorySize: "1Gi" },
};
