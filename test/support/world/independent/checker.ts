/**
 * What is promised of independent databases (docs/independent.md): each is open but for its own troubles, keeps what it
 * acknowledged, and none is replaced by an empty one without a person's word. It knows the truth.
 */
import { Checker, objectOf } from "../checker";
import type { LoadedDatabase } from "../database";
import type { Change } from "../kube/store";

/** What there is of a database, loaded or on its volume alone. */
export interface Copy {
  copy: string;
  has: (id: number) => boolean;
}

export class IndependentChecker extends Checker {
  private readonly open = new Set<LoadedDatabase>();
  private readonly told: { id: number; copy: string; pod: string }[] = [];
  /** @returns whether a pod's agent was told to end, and with it its database */
  isEnding: (podUID: string) => boolean = () => false;

  override seeDatabase(database: LoadedDatabase): void {
    const name = podOf(database);
    if (database.writable()) {
      if (!this.open.has(database) && database.scheme !== null)
        this.violated(`the database of ${name} is open with a replication scheme`);
      this.open.add(database);
      return;
    }
    if (database.isAsleep() || !this.open.delete(database)) return;
    if (database.alive && !this.isEnding(database.podUID))
      this.violated(`the database of ${name} was closed, and nobody asked for it`);
  }

  override seeCommitted(): void {
    // Nobody's leave is needed.
  }

  override seeDestroyed(host: string): void {
    this.violated(`the only copy of ${host.split(".")[0]} was destroyed`);
  }

  override seeAcknowledged(id: number, database: LoadedDatabase): void {
    this.told.push({ id, copy: database.files.copy, pod: podOf(database) });
  }

  /** @returns how many commits were acknowledged, are gone, and could not have been kept */
  checkAll(copies: readonly Copy[]): { acked: number; lost: number; died: number } {
    let lost = 0;
    let died = 0;
    for (const { id, copy, pod } of this.told) {
      if (copies.some(one => one.copy === copy && one.has(id))) continue;
      lost++;
      if (this.isLostIn(copy, id)) died++;
      else this.violated(`acknowledged commit ${id} of ${pod} is lost although its volume is there`);
    }
    return { acked: this.told.length, lost, died };
  }

  protected override seeChange(change: Change): void {
    if (change.kind === "/persistentvolumeclaims" && change.type === "DELETED")
      this.violated(`claim ${change.key} was deleted`);
    const leader = change.key.startsWith("operators/");
    if (change.kind === "coordination.k8s.io/leases" && !leader)
      this.violated(`there is a record ${change.key}, though nobody is to be promoted`);
  }
}

function podOf(database: LoadedDatabase): string {
  return `${database.host.split(".")[0] ?? ""} of ${objectOf(database.host)}`;
}
