import type { TimesTenClassicObject } from "../../generated/types";
import { claimEnvironment, claimMounts } from "./claimAccess";
import { agentEnvironment, mergeEnvironment, TIMESTEN_HOME, witnessEnvironment } from "./environment";
import { daemonlogResources, ttResources, witnessResources } from "./containerResources";
import type { Container, PodTemplate } from "./kinds";
import { ACTIVE_PATH, AGENT_PORT, READY_PATH, READY_PORT, WITNESS_PORT } from "../../protocol";
import { DAEMON_PORT, repPort, SERVER_PORT, type ObjectSettings } from "./names";
import { ttSecurityContext } from "./securityContext";
import { agentMounts, dataMounts, mergeMounts, RUN_MOUNT, temporaryMounts, witnessMounts } from "./volumes";

/** Names of the containers that the operator adds itself. */
export const TT = "tt";
export const TT_INIT = "ttinit";
export const TT_AGENT = "ttagent";
export const DAEMONLOG = "daemonlog";
/** The witness by itself, where there is no daemonlog. */
export const TT_WITNESS = "tt-witness";
/** A container of one of these names in spec.template is not the user's own. */
const OURS = [TT, DAEMONLOG, TT_WITNESS];

/**
 * The agent brings its own loader and libraries, so that the age of the TimesTen image does not matter.
 * @param root folder of the agent's tree in the container
 * @returns the command that runs it
 */
export function agentCommand(root: string, ...args: string[]): string[] {
  const loader = [`${root}/lib/ld-linux-x86-64.so.2`, "--library-path", `${root}/lib`];
  return [...loader, `${root}/node`, `${root}/agent.cjs`, ...args];
}

/** Follows TimesTen's log through its rotations; the container's log is TimesTen's. */
const FOLLOW_LOG = `/bin/bash <<'EOF'
while [ 1 ] ; do tail --follow=name ${TIMESTEN_HOME}/diag/ttmesg.log --max-unchanged-stats=5; sleep 1; done
exit 0
EOF`;

/** @returns the container of that name, if there is one */
export const findContainer = (containers: Container[] | undefined, name: string): Container | undefined =>
  (containers ?? []).find(container => container.name === name);

/** @returns init container that copies the agent from the operator's image into the Pod */
export function installContainer(
  object: TimesTenClassicObject,
  template: PodTemplate,
  settings: ObjectSettings,
): Container {
  return {
    name: TT_AGENT,
    image: settings.operatorImage,
    imagePullPolicy: "IfNotPresent",
    command: agentCommand("/agent", "install", "/ttoperator"),
    securityContext: ttSecurityContext(object, template, findContainer(template.spec?.containers, TT)),
    volumeMounts: [{ name: "tt-operator", mountPath: "/ttoperator" }],
  };
}

/** @returns ttinit (which makes the instance) or tt (which runs it): the user's image under our agent */
export function agentContainer(
  object: TimesTenClassicObject,
  template: PodTemplate,
  settings: ObjectSettings,
  role: typeof TT_INIT | typeof TT,
): Container {
  const { ttspec } = object.spec;
  const user = findContainer(template.spec?.containers, TT);
  const init = role === TT_INIT;
  const { resources } = ttResources(object, settings);
  return {
    name: role,
    image: ttspec.image,
    imagePullPolicy: ttspec.imagePullPolicy ?? "IfNotPresent",
    command: agentCommand("/ttoperator", init ? "init" : "run"),
    ports: [
      { name: "agent", containerPort: AGENT_PORT, protocol: "TCP" },
      { name: "daemon", containerPort: DAEMON_PORT, protocol: "TCP" },
      { name: "cs", containerPort: SERVER_PORT, protocol: "TCP" },
      { name: "repl", containerPort: repPort(object), protocol: "TCP" },
    ],
    env: mergeEnvironment(user?.env, [
      ...agentEnvironment(object, template, settings, init),
      ...(init ? [] : claimEnvironment(object)),
    ]),
    ...(user?.envFrom === undefined ? {} : { envFrom: user.envFrom }),
    ...(resources === undefined ? {} : { resources }),
    volumeMounts: mergeMounts(user?.volumeMounts, [
      ...agentMounts(object, template),
      ...(init ? [] : [RUN_MOUNT, ...claimMounts(object)]),
      ...temporaryMounts(object, template),
    ]),
    securityContext: ttSecurityContext(object, template, user),
    ...(init ? {} : { readinessProbe: readinessProbe(object), ...probesOf(user) }),
  };
}

/**
 * Ready says that the database does its part (agent/core/readiness.ts). Not asked more often, because the kubelet makes
 * an Event of each refusal and a new standby may need minutes; an agent that is silent for two seconds counts as lost
 * to its sessions too.
 */
function readinessProbe({ spec: { ttspec } }: TimesTenClassicObject): object {
  const onlyActive = ttspec.createASReadinessProbe === true && ttspec.replicationTopology !== "none";
  return {
    httpGet: { path: onlyActive ? ACTIVE_PATH : READY_PATH, port: READY_PORT, scheme: "HTTP" },
    periodSeconds: 5,
    timeoutSeconds: 2,
    successThreshold: 1,
    failureThreshold: 1,
  };
}

/** What a user may say about the running of tt beyond its resources. */
function probesOf(user: Container | undefined): Partial<Container> {
  return {
    ...(user?.lifecycle === undefined ? {} : { lifecycle: user.lifecycle }),
    ...(user?.livenessProbe === undefined ? {} : { livenessProbe: user.livenessProbe }),
    ...(user?.readinessProbe === undefined ? {} : { readinessProbe: user.readinessProbe }),
    ...(user?.startupProbe === undefined ? {} : { startupProbe: user.startupProbe }),
  };
}

/** @returns the sidecar that prints TimesTen's log; its main process is the witness, which stays when tt is gone */
export function daemonlogContainer(object: TimesTenClassicObject, template: PodTemplate): Container {
  const { ttspec } = object.spec;
  return {
    name: DAEMONLOG,
    command: agentCommand("/ttoperator", "witness", "sh", "-c", FOLLOW_LOG),
    resources: daemonlogResources(ttspec, findContainer(template.spec?.containers, DAEMONLOG)?.resources),
    ...witnessing(object, template),
    volumeMounts: [...dataMounts(ttspec), ...witnessMounts(), ...temporaryMounts(object, template)],
  };
}

/** @returns the sidecar for daemonLogSidecar: false, which is nothing but the witness */
export function witnessContainer(object: TimesTenClassicObject, template: PodTemplate): Container {
  return {
    name: TT_WITNESS,
    command: agentCommand("/ttoperator", "witness"),
    resources: witnessResources(findContainer(template.spec?.containers, TT_WITNESS)?.resources),
    ...witnessing(object, template),
    volumeMounts: [...witnessMounts(), ...temporaryMounts(object, template)],
  };
}

/** What both have in common; as TimesTen's user, so that its processes may be looked at. */
function witnessing(
  object: TimesTenClassicObject,
  template: PodTemplate,
): Omit<Container, "name" | "command" | "resources" | "volumeMounts"> {
  const { ttspec } = object.spec;
  return {
    image: ttspec.image,
    imagePullPolicy: ttspec.imagePullPolicy ?? "IfNotPresent",
    ports: [{ name: "witness", containerPort: WITNESS_PORT, protocol: "TCP" }],
    env: witnessEnvironment(object, template),
    securityContext: ttSecurityContext(object, template, findContainer(template.spec?.containers, TT)),
  };
}

/**
 * @returns the containers that are wholly the user's, with the data volumes mounted (direct-mode applications) and,
 *   where they name no image, the image of TimesTen
 */
export function userContainers(object: TimesTenClassicObject, template: PodTemplate): Container[] {
  const { ttspec } = object.spec;
  return (template.spec?.containers ?? [])
    .filter(container => !OURS.includes(container.name))
    .map(container => ({
      ...container,
      image: container.image ?? ttspec.image,
      volumeMounts: mergeMounts(container.volumeMounts, dataMounts(ttspec)),
    }));
}
