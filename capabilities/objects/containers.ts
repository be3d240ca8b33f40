import type { TimesTenClassicObject } from "../../generated/types";
import { agentEnvironment, instanceEnvironment, mergeEnvironment, TIMESTEN_HOME } from "./environment";
import { daemonlogResources, ttResources } from "./containerResources";
import type { Container, PodTemplate } from "./kinds";
import { AGENT_PORT } from "../../protocol";
import { DAEMON_PORT, repPort, SERVER_PORT, type ObjectSettings } from "./names";
import { ttSecurityContext } from "./securityContext";
import { agentMounts, dataMounts, mergeMounts } from "./volumes";

/** Names of the containers that the operator adds itself. */
export const TT = "tt";
export const TT_INIT = "ttinit";
export const TT_AGENT = "ttagent";
export const DAEMONLOG = "daemonlog";

/** The agent brings its own loader and libraries, so that the age of the TimesTen image does not matter. */
function agentCommand(root: string, ...args: string[]): string[] {
  const loader = [`${root}/lib/ld-linux-x86-64.so.2`, "--library-path", `${root}/lib`];
  return [...loader, `${root}/node`, `${root}/agent.cjs`, ...args];
}

/** Follows TimesTen's log through its rotations; the container's log is TimesTen's. */
const FOLLOW_LOG = `/bin/bash <<'EOF'
while [ 1 ] ; do tail --follow=name ${TIMESTEN_HOME}/diag/ttmesg.log --max-unchanged-stats=5; sleep 1; done
exit 0
EOF`;

const find = (containers: Container[] | undefined, name: string): Container | undefined =>
  (containers ?? []).find(container => container.name === name);

/** @returns init container that copies the agent from the operator's image into the Pod */
export function installContainer(template: PodTemplate, settings: ObjectSettings): Container {
  return {
    name: TT_AGENT,
    image: settings.operatorImage,
    imagePullPolicy: "IfNotPresent",
    command: agentCommand("/agent", "install", "/ttoperator"),
    securityContext: ttSecurityContext(template, find(template.spec?.containers, TT)),
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
  const user = find(template.spec?.containers, TT);
  const init = role === TT_INIT;
  const resources = ttResources(ttspec, user?.resources);
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
    env: mergeEnvironment(user?.env, agentEnvironment(object, settings, init)),
    ...(user?.envFrom === undefined ? {} : { envFrom: user.envFrom }),
    ...(resources === undefined ? {} : { resources }),
    volumeMounts: mergeMounts(user?.volumeMounts, agentMounts(object, template)),
    securityContext: ttSecurityContext(template, user),
    ...(init || user === undefined ? {} : probesOf(user)),
  };
}

/** What a user may say about the running of tt beyond its resources; where nothing is said there is no probe. */
function probesOf(user: Container): Partial<Container> {
  return {
    ...(user.lifecycle === undefined ? {} : { lifecycle: user.lifecycle }),
    ...(user.livenessProbe === undefined ? {} : { livenessProbe: user.livenessProbe }),
    ...(user.readinessProbe === undefined ? {} : { readinessProbe: user.readinessProbe }),
    ...(user.startupProbe === undefined ? {} : { startupProbe: user.startupProbe }),
  };
}

/** @returns the sidecar that prints TimesTen's log */
export function daemonlogContainer(object: TimesTenClassicObject, template: PodTemplate): Container {
  const { ttspec } = object.spec;
  return {
    name: DAEMONLOG,
    image: ttspec.image,
    imagePullPolicy: ttspec.imagePullPolicy ?? "IfNotPresent",
    command: ["sh", "-c", FOLLOW_LOG],
    env: instanceEnvironment(),
    resources: daemonlogResources(ttspec, find(template.spec?.containers, DAEMONLOG)?.resources),
    volumeMounts: dataMounts(ttspec),
    securityContext: ttSecurityContext(template, find(template.spec?.containers, TT)),
  };
}

/**
 * @returns the containers that are wholly the user's, with the data volumes mounted (direct-mode applications) and,
 *   where they name no image, the image of TimesTen
 */
export function userContainers(object: TimesTenClassicObject, template: PodTemplate): Container[] {
  const { ttspec } = object.spec;
  return (template.spec?.containers ?? [])
    .filter(container => container.name !== TT && container.name !== DAEMONLOG)
    .map(container => ({
      ...container,
      image: container.image ?? ttspec.image,
      volumeMounts: mergeMounts(container.volumeMounts, dataMounts(ttspec)),
    }));
}
