import type { TimesTenClassicObject } from "../../generated/types";
import { APP_LABEL, OBJECT_UID_ANNOTATION } from "../objects/names";
import { TIMESTEN_UID } from "../objects/securityContext";
import { ttspecOf, type Check, type Fault } from "./fault";
import { containersOf, isRecord, podSpecOf, records, textOf, type PlacedContainer } from "./podTemplate";

/** Containers of ours to which a template may add something, and those that it may not name. */
const OPEN = ["tt", "daemonlog", "exporter", "tt-witness"];
const CLOSED = ["ttinit", "ttagent"];
const VOLUMES = ["tt-agent", "tt-persistent", "tt-log", "tt-operator", "tt-run", "exporterwallet"];
/** Of these there is nothing that a template could say: what they run is the operator's. */
const OURS_TO_SET = { image: "is set from spec.ttspec.image", command: "", args: "", ports: "" };
const MOUNTS = ["/tt", "/ttlog", "/ttagent", "/ttconfig", "/ttoperator", "/ttrun"];
/** Only the data is mounted into containers of the user's own. */
const MOUNTS_OF_DATA = ["/tt", "/ttlog"];

/** A template that contradicts what the operator puts into the Pods: the StatefulSet would be refused or not work. */
export const checkTemplate: Check = object => [
  ...ofNames(object),
  ...ofContainers(object),
  ...ofVolumes(object),
  ...ofPod(object),
];

function ofNames(object: TimesTenClassicObject): Fault[] {
  const init = containersOf(object, "initContainers");
  const all = [...init, ...containersOf(object, "containers")];
  const seen = new Set<unknown>();
  return all.flatMap(placed => {
    const { path, container } = placed;
    const { name } = container;
    const reserved = init.includes(placed) ? [...CLOSED, ...OPEN] : CLOSED;
    const twice = seen.has(name);
    seen.add(name);
    if (typeof name !== "string" || name === "") return [{ path: `${path}.name`, message: "is required" }];
    if (reserved.includes(name)) return [{ path: `${path}.name`, message: `${name} is reserved` }];
    return twice ? [{ path: `${path}.name`, message: `${name} is there twice` }] : [];
  });
}

function ofContainers(object: TimesTenClassicObject): Fault[] {
  return containersOf(object, "containers").flatMap(placed => [...ofOurs(placed), ...ofMounts(placed)]);
}

function ofOurs({ path, container }: PlacedContainer): Fault[] {
  if (!OPEN.includes(String(container["name"]))) return [];
  return Object.entries(OURS_TO_SET)
    .filter(([field]) => container[field] !== undefined && container[field] !== null)
    .map(([field, message]) => ({
      path: `${path}.${field}`,
      message: message === "" ? `of container ${String(container["name"])} is set by the operator` : message,
    }));
}

function ofMounts({ path, container }: PlacedContainer): Fault[] {
  const ours = OPEN.includes(String(container["name"]));
  return records(container["volumeMounts"])
    .filter(({ item }) => {
      const place = String(item["mountPath"]).replace(/\/+$/, "");
      return (ours ? MOUNTS : MOUNTS_OF_DATA).includes(place);
    })
    .map(({ index, item }) => ({
      path: `${path}.volumeMounts[${index}].mountPath`,
      message: `${String(item["mountPath"])} is reserved`,
    }));
}

function ofVolumes(object: TimesTenClassicObject): Fault[] {
  const { dbConfigMap, dbSecret } = ttspecOf(object);
  return records(podSpecOf(object)["volumes"]).flatMap(({ index, item }) => {
    const path = `spec.template.spec.volumes[${index}].name`;
    const name = String(item["name"]);
    if (VOLUMES.includes(name)) return [{ path, message: `${name} is reserved` }];
    return name === "tt-config" && (dbConfigMap ?? dbSecret) !== undefined
      ? [{ path, message: "tt-config is a volume of its own; remove dbConfigMap and dbSecret" }]
      : [];
  });
}

function ofPod(object: TimesTenClassicObject): Fault[] {
  const { restartPolicy, hostNetwork } = podSpecOf(object);
  const faults: Fault[] = [];
  if ((restartPolicy ?? "Always") !== "Always")
    faults.push({ path: "spec.template.spec.restartPolicy", message: "must be Always" });
  if (hostNetwork === true)
    faults.push({
      path: "spec.template.spec.hostNetwork",
      message: "must be false: each Pod needs an address of its own",
    });
  return faults;
}

/** What the operator sets itself whatever the template says, and a user other than TimesTen's. */
export const doubtTemplate: Check = object => [...ofReplaced(object), ...ofUser(object)];

function ofReplaced(object: TimesTenClassicObject): Fault[] {
  const template: unknown = object.spec?.template;
  const metadata = isRecord(template) && isRecord(template["metadata"]) ? template["metadata"] : {};
  const has = (part: string, key: string): boolean => isRecord(metadata[part]) && key in metadata[part];
  const { shareProcessNamespace, terminationGracePeriodSeconds } = podSpecOf(object);
  const paths: string[] = [];
  if (has("labels", APP_LABEL)) paths.push(`spec.template.metadata.labels.${APP_LABEL}`);
  if (has("annotations", OBJECT_UID_ANNOTATION))
    paths.push(`spec.template.metadata.annotations.${OBJECT_UID_ANNOTATION}`);
  if (shareProcessNamespace === false) paths.push("spec.template.spec.shareProcessNamespace");
  if (terminationGracePeriodSeconds !== undefined && ttspecOf(object).terminationGracePeriod !== undefined)
    paths.push("spec.template.spec.terminationGracePeriodSeconds");
  return paths.map(path => ({ path, message: "is replaced by the operator" }));
}

/** Root is the documented way to `su - oracle`; any other user cannot read TimesTen's files. */
function ofUser(object: TimesTenClassicObject): Fault[] {
  const tt = containersOf(object, "containers").find(({ container }) => container["name"] === "tt");
  const places = [
    { path: "spec.template.spec", of: podSpecOf(object) },
    ...(tt === undefined ? [] : [{ path: tt.path, of: tt.container }]),
  ];
  return places.flatMap(({ path, of }) => {
    const context = of["securityContext"];
    const user = isRecord(context) ? context["runAsUser"] : undefined;
    if (user === undefined || user === null || user === 0 || user === TIMESTEN_UID) return [];
    const message = `${textOf(user)} differs from the TimesTen user ${TIMESTEN_UID}`;
    return [{ path: `${path}.securityContext.runAsUser`, message }];
  });
}
