/**
 * What Pepr's manifests lack for an operator that shall be there when something fails: pure functions over the parsed
 * manifests of `pepr build`.
 */

/** Objects that Pepr generates but that grant nothing: a Role with an empty resource name for an account that is not there. */
const USELESS = new Set(["Role", "RoleBinding"]);

/** After a node is lost the watcher starts elsewhere within seconds instead of Kubernetes' five minutes. */
const TOLERATION_SECONDS = 10;

/** One acts, the other hears everything and takes over within the leader lease (capabilities/runtime/lease.ts). */
const WATCHERS = 2;

const METRICS_PORT = 8080;
const HEALTH_PORT = 8081;
/** Long enough for a start during an outage of the API server. */
const LIVENESS_TIMES = { initialDelaySeconds: 30, periodSeconds: 10, failureThreshold: 6 };

/**
 * @param manifests parsed documents of dist/pepr-module-*.yaml
 * @param image the operator's image, or undefined to keep the one of the build
 * @returns the documents to apply
 */
export function operatorManifests(manifests, image) {
  return manifests
    .filter(manifest => manifest && !USELESS.has(manifest.kind))
    .flatMap(manifest =>
      manifest.kind === "Deployment" ? [deployment(manifest, image), budget(manifest)] : [manifest],
    );
}

/** Drains take one replica at a time. */
function budget({ metadata, spec }) {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace, labels },
    spec: { maxUnavailable: 1, selector: spec.selector, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}

function deployment(manifest, image) {
  const watcher = manifest.metadata.labels["pepr.dev/controller"] === "watcher";
  const template = manifest.spec.template;
  return {
    ...manifest,
    spec: {
      ...manifest.spec,
      replicas: watcher ? WATCHERS : manifest.spec.replicas,
      // The leader lease keeps two watchers apart; Recreate would only add a pause without any.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        ...template,
        spec: {
          ...template.spec,
          tolerations: ["not-ready", "unreachable"].map(condition => ({
            key: `node.kubernetes.io/${condition}`,
            operator: "Exists",
            effect: "NoExecute",
            tolerationSeconds: TOLERATION_SECONDS,
          })),
          affinity: spread(template.metadata.labels),
          containers: template.spec.containers.map(one => container(one, watcher, image)),
        },
      },
    },
  };
}

/** Replicas on different nodes where there are several. */
function spread(matchLabels) {
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] },
  };
}

function container(one, watcher, image) {
  const self = [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
  ];
  return {
    ...one,
    image: image ?? one.image,
    imagePullPolicy: "IfNotPresent",
    env: [...one.env, ...self],
    // Pepr waits 10 s before it first asks; the module answers after two.
    readinessProbe: { ...one.readinessProbe, initialDelaySeconds: 1, periodSeconds: 2 },
    livenessProbe: { ...one.livenessProbe, ...LIVENESS_TIMES },
    ...(watcher ? watcherParts(one) : {}),
  };
}

/** The watcher's engine has endpoints of its own (capabilities/runtime/settings.ts). */
function watcherParts({ ports, resources }) {
  return {
    ports: [
      ...ports,
      { name: "metrics", containerPort: METRICS_PORT },
      { name: "health", containerPort: HEALTH_PORT },
    ],
    // Pepr's /healthz stays well when nothing is heard of the API server any more; the engine's does not.
    livenessProbe: { httpGet: { path: "/healthz", port: HEALTH_PORT, scheme: "HTTP" }, ...LIVENESS_TIMES },
    // No limit of CPU: throttled while a database is down, it would prolong the outage.
    resources: { requests: resources.requests, limits: { memory: "1Gi" } },
  };
}
