/** What kubelets, containers and clients of one run share. */
import type { Permit } from "../../../../protocol";
import type { VirtualTime } from "../clock";
import type { Disk, Entry, LoadedDatabase } from "../database";
import type { Story } from "../story";
import type { KubeStore } from "../kube/store";
import type { SeededRandom } from "../random";
import type { TimesTenFaults } from "../timesten";
import type { AgentOptions } from "../../../../agent/core/agent";
import type { GuardOptions } from "../../../../agent/guard/core";
import type { WitnessOptions } from "../../../../agent/witness/core";
import type { WorldNode } from "./node";

/** How long the cluster's own steps take; by seed. */
export interface ClusterPace {
  /** Between a change on a node and its status in the API, ms. */
  statusMs(): number;
  /** Creating a sandbox or starting a container, ms. */
  startMs(): number;
}

/** Hooks that let a test break the product on purpose. */
export interface Tampering {
  /** Changes the agent's surroundings before it is made. */
  agent?: (options: AgentOptions) => AgentOptions;
  guard?: (options: GuardOptions) => GuardOptions;
  witness?: (options: WitnessOptions) => WitnessOptions;
}

export interface Surroundings {
  time: VirtualTime;
  random: SeededRandom;
  store: KubeStore;
  story: Story;
  pace: ClusterPace;
  timesTenFaults: TimesTenFaults;
  tampering: Tampering;
  /** Kubelets probe readiness; otherwise a Pod is Ready while its containers run. */
  probing?: boolean;
  /** @returns the node of that name, made when first asked for */
  node(name: string): WorldNode;
  /** Claims by `namespace/name`: they outlive every pod. */
  disks: Map<string, Disk>;
  /** Told of every change of a database, for the checker. */
  databaseChanged(database: LoadedDatabase, what: string): void;
  /** Told of every row that a database has taken. */
  databaseCommitted(database: LoadedDatabase): void;
  /** Told of every permission that a guard has taken up. */
  permitTaken(permit: Permit): void;
  /** Told when the copy on a pod's claim is destroyed. */
  copyDestroyed(host: string, podUID: string): void;
  /** Told of commits that died with the processes of one copy. */
  commitsLost(copy: string, entries: readonly Entry[]): void;
  /** A process threw out of its event loop: a bug. */
  crashed(process: string, error: unknown): void;
}
