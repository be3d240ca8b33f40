import type { TimesTenClassicObject } from "../../generated/types";
import { claimVolumes, podServiceAccount, writerMayClaim } from "./claimAccess";
import {
  agentContainer,
  daemonlogContainer,
  installContainer,
  TT,
  TT_INIT,
  userContainers,
  witnessContainer,
} from "./containers";
import { gracePeriodSeconds } from "./grace";
import type { Container, PodSpec, PodTemplate, StatefulSet } from "./kinds";
import {
  APP_LABEL,
  headlessServiceName,
  identityOf,
  OBJECT_UID_ANNOTATION,
  podCount,
  statefulSetName,
  type ObjectSettings,
} from "./names";
import { ownedMetadata } from "./ownerReference";
import { podSecurityContext } from "./securityContext";
import { podAffinity } from "./spread";
import { claimTemplates, podVolumes } from "./volumes";

/**
 * The Pods of an object, with the user's spec.template merged in: containers, init containers, volumes, scheduling and
 * whatever else it has stay; of its containers tt, daemonlog and tt-witness the settings that do not concern their running are
 * taken over; names, image, command and ports are ours.
 *
 * @param object as read from the API server
 * @returns the StatefulSet as it should be (without the API server's defaults)
 */
export function buildStatefulSet(object: TimesTenClassicObject, settings: ObjectSettings): StatefulSet {
  const { name, uid } = identityOf(object);
  // The CRD keeps the template as the user wrote it; the API server checks its shape with the StatefulSet.
  const template = (object.spec.template ?? {}) as PodTemplate;
  const selector = { [APP_LABEL]: name };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: ownedMetadata(object, statefulSetName(name)),
    spec: {
      serviceName: headlessServiceName(name),
      replicas: podCount(object),
      podManagementPolicy: "Parallel",
      // Kubernetes replaces no Pod because of a changed template: the operator decides which one goes, and when.
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...template.metadata?.labels, ...selector },
          annotations: { ...template.metadata?.annotations, [OBJECT_UID_ANNOTATION]: uid },
        },
        spec: podSpec(object, template, settings),
      },
      volumeClaimTemplates: claimTemplates(object),
    },
  };
}

function podSpec(object: TimesTenClassicObject, template: PodTemplate, settings: ObjectSettings): PodSpec {
  const { ttspec } = object.spec;
  const pullSecrets = imagePullSecrets(object, template);
  return {
    // Nothing in these Pods talks to the API server, but a writer that may claim, which has a token of its own.
    automountServiceAccountToken: false,
    ...template.spec,
    affinity: podAffinity(object.metadata.name, template),
    ...(writerMayClaim(object) ? { serviceAccountName: podServiceAccount(object, template) } : {}),
    initContainers: [
      ...(template.spec?.initContainers ?? []).map(container => ({
        ...container,
        image: container.image ?? ttspec.image,
      })),
      installContainer(object, template, settings),
      agentContainer(object, template, settings, TT_INIT),
    ],
    containers: [
      ...userContainers(object, template),
      agentContainer(object, template, settings, TT),
      ...sidecars(object, template),
    ],
    volumes: [...podVolumes(object, template), ...claimVolumes(object)],
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
    securityContext: podSecurityContext(template),
    shareProcessNamespace: true,
    terminationGracePeriodSeconds: gracePeriodSeconds(object, template),
  };
}

/** @returns the secrets with which the Pods' images are pulled: the template's, then the spec's */
export function imagePullSecrets(object: TimesTenClassicObject, template: PodTemplate): { name: string }[] {
  const { imagePullSecret } = object.spec.ttspec;
  const own = imagePullSecret === undefined || imagePullSecret === "" ? [] : [{ name: imagePullSecret }];
  const given = template.spec?.imagePullSecrets ?? [];
  return [...given, ...own.filter(({ name }) => given.every(other => other.name !== name))];
}

/** The witness is there in any case, unless there is no pair to whom it could tell anything. */
function sidecars(object: TimesTenClassicObject, template: PodTemplate): Container[] {
  const { daemonLogSidecar, replicationTopology } = object.spec.ttspec;
  if (daemonLogSidecar !== false) return [daemonlogContainer(object, template)];
  return replicationTopology === "none" ? [] : [witnessContainer(object, template)];
}
