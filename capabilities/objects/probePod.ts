import type { TimesTenClassicObject } from "../../generated/types";
import { agentCommand, findContainer, installContainer, TT } from "./containers";
import type { Pod, PodTemplate } from "./kinds";
import { identityOf, probePodName, PROBE_LABEL, PROBED_IMAGE_ANNOTATION, type ObjectSettings } from "./names";
import { ownerReference } from "./ownerReference";
import { podSecurityContext, ttSecurityContext } from "./securityContext";
import { imagePullSecrets } from "./statefulSet";

/** The container that runs the image; its termination message is the answer. */
export const PROBE_CONTAINER = "release";

/** Of the template's spec: what decides where a Pod may run and who may pull for it. */
const PLACING = [
  "nodeSelector",
  "tolerations",
  "priorityClassName",
  "runtimeClassName",
  "schedulerName",
  "serviceAccountName",
];

/** A Node program that lists a zip; equal to the limits, for namespaces where a quota asks for both. */
const AMOUNTS = { cpu: "100m", memory: "128Mi" };

export interface ProbeSettings {
  /** TimesTen image to be looked at. */
  image: string;
  /** Node where its first pod will run, so that the image is there already then; null: any. */
  nodeName: string | null;
}

/**
 * A Pod that runs an image once, before anything of the object does, and says which TimesTen it holds. It has none
 * of the object's volumes and Secrets, and not the label that Services and the PodDisruptionBudget select.
 *
 * @param object as read from the API server
 */
export function buildProbePod(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  { image, nodeName }: ProbeSettings,
): Pod {
  const { name, namespace } = identityOf(object);
  const template = (object.spec.template ?? {}) as PodTemplate;
  const user = findContainer(template.spec?.containers, TT);
  const placing = PLACING.flatMap(field => {
    const value = template.spec?.[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  const pullSecrets = imagePullSecrets(object, template);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: probePodName(name, image),
      namespace,
      labels: { [PROBE_LABEL]: name },
      annotations: { ...template.metadata?.annotations, [PROBED_IMAGE_ANNOTATION]: image },
      ownerReferences: [ownerReference(object)],
    },
    spec: {
      ...Object.fromEntries(placing),
      ...affinity(template, nodeName),
      // What fails for a moment is tried again by the kubelet, with its pauses.
      restartPolicy: "OnFailure",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: podSecurityContext(template),
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
      initContainers: [{ ...installContainer(object, template, settings), resources: amounts() }],
      containers: [
        {
          name: PROBE_CONTAINER,
          image,
          imagePullPolicy: object.spec.ttspec.imagePullPolicy ?? "IfNotPresent",
          command: agentCommand("/ttoperator", "release"),
          ...(user?.env === undefined ? {} : { env: user.env }),
          ...(user?.envFrom === undefined ? {} : { envFrom: user.envFrom }),
          resources: amounts(),
          securityContext: ttSecurityContext(object, template, user),
          volumeMounts: [{ name: "tt-operator", mountPath: "/ttoperator", readOnly: true }],
        },
      ],
      volumes: [{ name: "tt-operator", emptyDir: {} }],
    },
  };
}

const amounts = (): { requests: Record<string, string>; limits: Record<string, string> } => ({
  requests: { ...AMOUNTS },
  limits: { ...AMOUNTS },
});

/** The template's wishes about nodes stay; those about other Pods would keep this one away from where it is wanted. */
function affinity(template: PodTemplate, nodeName: string | null): { affinity?: object } {
  const ofUser = (template.spec?.["affinity"] as { nodeAffinity?: NodeAffinity } | undefined)?.nodeAffinity;
  if (nodeName === null) return ofUser === undefined ? {} : { affinity: { nodeAffinity: ofUser } };
  const fields = [{ key: "metadata.name", operator: "In", values: [nodeName] }];
  const there = { weight: 100, preference: { matchFields: fields } };
  const preferred = [...(ofUser?.preferredDuringSchedulingIgnoredDuringExecution ?? []), there];
  return {
    affinity: { nodeAffinity: { ...ofUser, preferredDuringSchedulingIgnoredDuringExecution: preferred } },
  };
}

interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: object[];
}
