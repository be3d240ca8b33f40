/** The template of the Pods (96 to 106). */
import { memory, template, tt, type AdmissionCase } from "./case";

export const templates: AdmissionCase[] = [
  {
    number: 96,
    title: "image of tt",
    object: tt({ image: "x" }),
    denial: "spec.template.spec.containers[0].image is set from spec.ttspec.image",
  },
  {
    number: 96,
    title: "command of tt",
    object: tt({ command: ["x"] }),
    denial: "spec.template.spec.containers[0].command of container tt is set by the operator",
  },
  {
    number: 96,
    title: "ports of daemonlog",
    object: template({ containers: [{ name: "daemonlog", ports: [] }] }),
    denial: "spec.template.spec.containers[0].ports of container daemonlog",
  },
  { number: 97, title: "tt without probes", object: tt(memory("1Gi", "1Gi")), fine: "the default stays" },
  {
    number: 98,
    title: "container ttinit",
    object: template({ initContainers: [{ name: "ttinit" }] }),
    denial: "spec.template.spec.initContainers[0].name ttinit is reserved",
  },
  {
    number: 98,
    title: "two containers of one name",
    object: template({ containers: [{ name: "a" }, { name: "a" }] }),
    denial: "spec.template.spec.containers[1].name a is there twice",
  },
  ...["tt-agent", "tt-persistent", "tt-log", "exporterwallet"].map(name => ({
    number: 99,
    title: `volume ${name}`,
    object: template({ volumes: [{ name, emptyDir: {} }] }),
    denial: `spec.template.spec.volumes[0].name ${name} is reserved`,
  })),
  {
    number: 100,
    title: "own tt-config beside dbConfigMap",
    object: template({ volumes: [{ name: "tt-config", emptyDir: {} }] }, { dbConfigMap: ["a"] }),
    denial: "tt-config is a volume of its own; remove dbConfigMap and dbSecret",
  },
  ...["/tt", "/ttagent", "/ttlog", "/ttconfig/"].map(mountPath => ({
    number: 101,
    title: `mount at ${mountPath}`,
    object: tt({ volumeMounts: [{ name: "x", mountPath }] }),
    denial: `spec.template.spec.containers[0].volumeMounts[0].mountPath ${mountPath} is reserved`,
  })),
  {
    number: 102,
    title: "shareProcessNamespace",
    object: template({ shareProcessNamespace: false }),
    warning: "spec.template.spec.shareProcessNamespace is replaced by the operator",
  },
  {
    number: 102,
    title: "label app of the template",
    object: { spec: { template: { metadata: { labels: { app: "x" } } } } },
    warning: "spec.template.metadata.labels.app is replaced by the operator",
  },
  {
    number: 102,
    title: "node affinity",
    object: template({ affinity: { nodeAffinity: {} } }),
    fine: "it is kept",
  },
  {
    number: 103,
    title: "restartPolicy Never",
    object: template({ restartPolicy: "Never" }),
    denial: "spec.template.spec.restartPolicy must be Always",
  },
  {
    number: 103,
    title: "hostNetwork",
    object: template({ hostNetwork: true }),
    denial: "spec.template.spec.hostNetwork must be false",
  },
  {
    number: 104,
    title: "other user",
    object: template({ securityContext: { runAsUser: 3429 } }),
    warning: "runAsUser 3429 differs from the TimesTen user 333",
  },
  {
    number: 105,
    title: "claim tt-persistent",
    object: { spec: { volumeClaimTemplates: [{ metadata: { name: "tt-persistent" } }] } },
    denial: "spec.volumeClaimTemplates[0].metadata.name tt-persistent is reserved",
  },
  {
    number: 105,
    title: "claim without a name",
    object: { spec: { volumeClaimTemplates: [{ spec: {} }] } },
    denial: "spec.volumeClaimTemplates[0].metadata.name is required",
  },
  {
    number: 106,
    title: "template removed",
    old: template({ initContainers: [{ name: "a" }] }),
    object: {},
    warning: "spec.template takes effect in each Pod when it is next made anew",
  },
];
