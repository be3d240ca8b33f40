/** The caches and sessions that passes read: kept warm on every replica, whichever leads. */
import { timesTenClassicResource, type TimesTenClassicObject } from "../../generated/types";
import { AGENT_PORT, WITNESS_PORT } from "../../protocol";
import {
  activeServiceName,
  APP_LABEL,
  headlessServiceName,
  identityOf,
  podDisruptionBudgetName,
  podHost,
  podName,
  podNames,
  PROBE_LABEL,
  resources,
  statefulSetName,
  type ObjectSettings,
  type StatefulSet,
  normalObject,
} from "../objects";
import { Informer } from "../runtime/informer";
import type { KubeObject, Resource, World } from "../runtime/ports";
import { AgentSessions, type SessionView } from "../runtime/sessions";
import { WitnessSessions } from "../runtime/witnesses";
import type { PairMemory } from "./observe/memory";
import type { Gathered } from "./observe/observe";
import { belongsTo, runningTt, type PodObject } from "./observe/podObject";

export interface SurroundingsOptions {
  world: World;
  namespaces: readonly string[];
  operatorName: string;
  objects: ObjectSettings;
  /** Something happened to this object or to what belongs to it. */
  onNews: (key: string) => void;
  /** A version of a pod; also those that no pass will see. */
  onPod: (key: string, pod: PodObject) => void;
}

/** What the caches and sessions say about independent databases. */
export interface GatheredAround {
  /** By ordinal; null where there is no such pod. */
  pods: (PodObject | null)[];
  headlessService: KubeObject | null;
  budget: KubeObject | null;
  statefulSet: StatefulSet | null;
  /** Pods that look at images for an object of that name. */
  probes: readonly PodObject[];
  sessions: (podUID: string) => SessionView | null;
}

export class Surroundings {
  readonly sessions: AgentSessions;
  readonly #witnesses: WitnessSessions;
  readonly #o: SurroundingsOptions;
  readonly #classics: Informer<TimesTenClassicObject>;
  readonly #pods: Informer<PodObject>;
  readonly #probes: Informer<PodObject>;
  readonly #services: Informer<KubeObject>;
  readonly #slices: Informer<KubeObject>;
  readonly #statefulSets: Informer<KubeObject>;
  readonly #budgets: Informer<KubeObject>;

  constructor(options: SurroundingsOptions) {
    this.#o = options;
    const { world, operatorName, onNews, onPod } = options;
    this.sessions = new AgentSessions({ ...world, operator: operatorName });
    this.sessions.onChange(onNews);
    this.#witnesses = new WitnessSessions({ ...world, operator: operatorName });
    this.#witnesses.onChange(onNews);
    this.#classics = this.#informer<TimesTenClassicObject>(timesTenClassicResource);
    this.#classics.onChange(({ namespace, name }) => onNews(`${namespace}/${name}`));
    // Everything that belongs to a pair has the label; other applications' objects with it are passed over.
    this.#pods = this.#informer<PodObject>(resources.pod, APP_LABEL);
    this.#probes = this.#informer<PodObject>(resources.pod, PROBE_LABEL);
    this.#services = this.#informer(resources.service, APP_LABEL);
    this.#slices = this.#informer(resources.endpointSlice, APP_LABEL);
    this.#statefulSets = this.#informer(resources.statefulSet, APP_LABEL);
    this.#budgets = this.#informer(resources.podDisruptionBudget, APP_LABEL);
    this.#pods.onChange(({ object, previous, namespace }) => {
      const pod = object ?? previous;
      const name = pod?.metadata.labels?.[APP_LABEL];
      if (pod === null || name === undefined || this.#classics.get(namespace, name) === null) return;
      onPod(`${namespace}/${name}`, pod);
      onNews(`${namespace}/${name}`);
    });
    this.#probes.onChange(({ object, previous, namespace }) => {
      const name = (object ?? previous)?.metadata.labels?.[PROBE_LABEL];
      if (name !== undefined && this.#classics.get(namespace, name) !== null) onNews(`${namespace}/${name}`);
    });
    for (const owned of [this.#services, this.#slices, this.#statefulSets, this.#budgets]) {
      owned.onChange(({ object, previous, namespace }) => {
        const name = (object ?? previous)?.metadata.labels?.[APP_LABEL];
        if (name !== undefined && this.#classics.get(namespace, name) !== null)
          onNews(`${namespace}/${name}`);
      });
    }
  }

  #informer<T extends KubeObject>(resource: Resource, labelSelector?: string): Informer<T> {
    return new Informer<T>({ ...this.#o.world, resource, namespaces: this.#o.namespaces, labelSelector });
  }

  #all(): Pick<Informer<KubeObject>, "start" | "stop" | "whenSynced">[] {
    const own = [this.#services, this.#slices, this.#statefulSets, this.#budgets];
    return [this.#classics, this.#pods, this.#probes, ...own];
  }

  start(): void {
    for (const informer of this.#all()) informer.start();
  }

  /** Resolves once every kind has been listed. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.#all().map(informer => informer.whenSynced()));
  }

  stop(): void {
    for (const informer of this.#all()) informer.stop();
    this.sessions.stop();
    this.#witnesses.stop();
  }

  /** @returns the keys of all objects as last heard of */
  keys(): string[] {
    return this.#classics.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  /** @returns the object as last heard of, or null where there is none */
  object(key: string): TimesTenClassicObject | null {
    const [namespace = "", name = ""] = key.split("/");
    const object = this.#classics.get(namespace, name);
    return object === null ? null : normalObject(object);
  }

  /** What the agents, witnesses and the kubelet say goes into the memory. @returns the pods by ordinal */
  hear(object: TimesTenClassicObject, memory: PairMemory): (PodObject | null)[] {
    for (const podUID of memory.podUIDs()) this.#listen(podUID, memory);
    const pods = this.#allPodsOf(object);
    for (const pod of pods) {
      if (pod === null || !belongsTo(pod, identityOf(object).uid)) continue;
      this.#listen(pod.metadata.uid ?? "", memory);
      memory.seePod(pod, this.#o.world.clock.nowMs());
    }
    return pods;
  }

  /** @returns the StatefulSet of the object's name, whoever's it is; null where there is none */
  statefulSet(object: TimesTenClassicObject): KubeObject | null {
    const { namespace, name } = identityOf(object);
    return this.#statefulSets.get(namespace, statefulSetName(name));
  }

  /** @returns what the caches and sessions say about an object; what the agents told is in its memory then */
  gather(
    object: TimesTenClassicObject,
    memory: PairMemory,
  ): Pick<Gathered, "pods" | "owned" | "probes" | "sessions"> {
    const { namespace, name, uid } = identityOf(object);
    for (const podUID of memory.podUIDs()) this.#listen(podUID, memory);
    const pods = this.#podsOf(object);
    for (const pod of pods)
      if (pod !== null && belongsTo(pod, uid)) this.#listen(pod.metadata.uid ?? "", memory);
    return {
      pods,
      owned: {
        "headless Service": this.#services.get(namespace, headlessServiceName(name)),
        "active Service": this.#services.get(namespace, activeServiceName(name)),
        EndpointSlice: this.#slices.get(namespace, activeServiceName(name)),
        PodDisruptionBudget: this.#budgets.get(namespace, podDisruptionBudgetName(name)),
        StatefulSet: this.#statefulSets.get(namespace, statefulSetName(name)),
      },
      probes: this.#probesOf(namespace, name),
      sessions: podUID => this.sessions.view(podUID),
    };
  }

  /** @returns the same for independent databases, with all their pods by ordinal */
  gatherIndependent(object: TimesTenClassicObject, memory: PairMemory): GatheredAround {
    const { namespace, name } = identityOf(object);
    return {
      pods: this.hear(object, memory),
      headlessService: this.#services.get(namespace, headlessServiceName(name)),
      budget: this.#budgets.get(namespace, podDisruptionBudgetName(name)),
      statefulSet: this.#statefulSets.get(namespace, statefulSetName(name)) as StatefulSet | null,
      probes: this.#probesOf(namespace, name),
      sessions: podUID => this.sessions.view(podUID),
    };
  }

  #probesOf(namespace: string, name: string): PodObject[] {
    return this.#probes
      .list()
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[PROBE_LABEL] === name);
  }

  #podsOf(object: TimesTenClassicObject): [PodObject | null, PodObject | null] {
    const { namespace, name } = identityOf(object);
    return [this.#pods.get(namespace, podName(name, 0)), this.#pods.get(namespace, podName(name, 1))];
  }

  #allPodsOf(object: TimesTenClassicObject): (PodObject | null)[] {
    return podNames(object).map(name => this.#pods.get(identityOf(object).namespace, name));
  }

  #listen(podUID: string, memory: PairMemory): void {
    const nowMs = this.#o.world.clock.nowMs();
    memory.hear(podUID, this.sessions.drain(podUID), nowMs);
    const witness = this.#witnesses.view(podUID)?.state ?? null;
    if (witness !== null) memory.hearWitness(podUID, witness, nowMs);
  }

  /**
   * One session per pod whose tt container runs, and one with the witness of every pod of a pair, which may outlive
   * that container; those of pods that are gone end, after their last word was heard.
   */
  wantSessions(key: string, object: TimesTenClassicObject, memory: PairMemory): void {
    const identity = identityOf(object);
    const present = this.#allPodsOf(object).filter(pod => pod !== null && belongsTo(pod, identity.uid));
    for (const podUID of memory.podUIDs()) {
      if (present.some(pod => pod?.metadata.uid === podUID)) continue;
      this.#listen(podUID, memory);
      memory.ends(this.#o.world.clock.nowMs());
      // Deleted by force, its processes may go on for a while: what they do, and their end, is worth hearing.
      if (podUID === memory.writerUID && this.#answers(podUID)) continue;
      this.#unwant(podUID);
      memory.forgetPod(podUID);
    }
    const credentials = memory.credentials?.value;
    if (credentials === undefined) return;
    for (const pod of present) {
      const { uid, name } = pod?.metadata ?? {};
      const ip = pod?.status?.podIP;
      if (pod === null || uid === undefined || name === undefined || ip === undefined) continue;
      const serverName = podHost(identity, name, this.#o.objects);
      const { caCert: ca, operatorCert: cert, operatorKey: key2 } = credentials;
      const to = { ip, serverName, ca, cert, key: key2 };
      if (object.spec.ttspec.replicationTopology !== "none")
        this.#witnesses.want(uid, key, { ...to, port: WITNESS_PORT });
      if (runningTt(pod) === null && this.sessions.view(uid) === null) continue;
      this.sessions.want(uid, key, { ...to, port: AGENT_PORT });
    }
  }

  #answers(podUID: string): boolean {
    const agent = this.sessions.view(podUID)?.connected === true;
    return agent || this.#witnesses.view(podUID)?.connected === true;
  }

  #unwant(podUID: string): void {
    this.sessions.unwant(podUID);
    this.#witnesses.unwant(podUID);
  }

  /** Ends the sessions of an object that is gone. */
  forget(memory: PairMemory): void {
    for (const podUID of memory.podUIDs()) this.#unwant(podUID);
  }

  /** @returns whether an agent that should answer does not */
  anySilent(memory: PairMemory): boolean {
    return memory.podUIDs().some(podUID => this.sessions.view(podUID)?.connected === false);
  }
}
