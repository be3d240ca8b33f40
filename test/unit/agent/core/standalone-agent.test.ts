/** An agent without a pair, over a database that a test plays: it opens what is loaded, and only that. */
import { Agent } from "../../../../agent/core/agent";
import { noPeer } from "../../../../agent/peer/none";
import type { AgentMemory, Clock, GuardPort, TimesTen } from "../../../../agent/ports";
import {
  unknownView,
  type AgentMessage,
  type PermissionRecord,
  type TimesTenView,
} from "../../../../protocol";
import { VirtualSurroundings } from "../../../support/virtual-clock";

class PlayedTimesTen {
  daemon: "Up" | "Down" = "Down";
  onDisk = false;
  loaded = false;
  isOpen = false;
  readonly done: string[] = [];
  #lives = 0;
  #onEnd: () => void = () => undefined;

  /** SIGKILL of the daemon. */
  die(): void {
    this.daemon = "Down";
    this.loaded = this.isOpen = false;
    this.#onEnd();
  }

  port(): TimesTen {
    const did = (what: string, change: () => void) => () => {
      this.done.push(what);
      change();
      return Promise.resolve();
    };
    const never = () => Promise.reject(new Error("nothing of a pair is done here"));
    return {
      observe: () => Promise.resolve(this.#view()),
      processes: () => Promise.resolve(this.loaded ? `life ${this.#lives}` : null),
      watchProcesses: (_, onEnd) => {
        this.#onEnd = onEnd;
        return () => undefined;
      },
      attached: () => "",
      killProcesses: did("kill", () => this.die()),
      startDaemon: did("startDaemon", () => (this.daemon = "Up")),
      createDatabase: did("createDatabase", () => this.#load()),
      loadDatabase: did("loadDatabase", () => this.#load()),
      open: did("open", () => (this.isOpen = true)),
      close: did("close", () => (this.isOpen = false)),
      stopDaemon: did("stopDaemon", () => this.#stop()),
      createScheme: never,
      dropScheme: never,
      runEpilog: never,
      destroyDatabase: never,
      duplicate: never,
      startRepAgent: never,
      stopRepAgent: never,
      setActive: never,
      savePeerFailed: never,
      makeDurable: never,
      mark: never,
      waitForStandby: never,
      deactivate: never,
    };
  }

  #load(): void {
    this.#lives += 1;
    this.onDisk = this.loaded = true;
    this.isOpen = false;
  }

  #stop(): void {
    this.loaded = this.isOpen = false;
    this.daemon = "Down";
  }

  #view(): TimesTenView {
    const view = { ...unknownView, instance: "Exists" as const, daemon: this.daemon };
    if (this.daemon === "Down") return view;
    const db = this.loaded ? "Loaded" : this.onDisk ? "Unloaded" : "None";
    return { ...view, db, open: this.isOpen, repScheme: "None" };
  }
}

/** Without a pair there is nothing to guard: it is there and is told of no life. */
const guard: GuardPort = {
  onState: callback => queueMicrotask(() => callback({ life: null, permit: null })),
  life: () => expect("told of a life").toBe("never"),
  lifeOver: () => undefined,
  permit: () => Promise.reject(new Error("nothing is permitted here")),
  rest: () => Promise.resolve(),
  onActed: () => undefined,
};

const self = { podName: "sample-none-0", podUID: "pod-a", objectUID: "object", version: "1" };

async function standalone() {
  const around = new VirtualSurroundings();
  const clock: Clock = { ...around.clock, boottimeMs: () => around.clock.monotonicMs() };
  const database = new PlayedTimesTen();
  const timesten = database.port();
  let memory: AgentMemory | null = null;
  const disk = {
    load: () => Promise.resolve(memory),
    save: (saved: AgentMemory) => {
      memory = saved;
      return Promise.resolve();
    },
  };
  let boots = 0;
  const agent = new Agent({
    clock,
    disk,
    timesten,
    guard,
    peer: noPeer,
    log: around.log,
    newBootId: () => `boot-${++boots}`,
    topology: "none",
    graceMs: 25_000,
    self,
    files: { adminUser: false, schema: false, cacheGroups: false, cacheUser: false },
  });
  const said: AgentMessage[] = [];
  const link = { send: (message: AgentMessage) => void said.push(message), close: () => undefined };
  agent.onConnect(link);
  await around.settled(agent.start());
  const command = async (verb: "startDaemon" | "createDatabase" | "loadDatabase") => {
    const id = `${verb}/${said.length}`;
    agent.onMessage(link, { type: "command", id, verb, n: 7, boot: null, deadlineMs: 10_000 });
    await around.until(verb, () =>
      agent.state().tasks.some(one => one.id === id && one.status !== "running"),
    );
    expect(agent.state().tasks.find(one => one.id === id)?.error).toBeNull();
  };
  return { around, database, agent, link, command };
}

it("opens its database once it is made, says that it may write, and needs no record for it", async () => {
  const { around, database, agent, command } = await standalone();
  await command("createDatabase");
  await around.until("it is open", () => database.isOpen, 3_000);
  await around.pass(2_000);
  expect(agent.state()).toMatchObject({
    boot: "boot-1",
    timesten: { db: "Loaded", open: true },
    permission: { mode: "endless", obeyedN: 0 },
  });
  expect(database.done).not.toContain("close");
});

it("opens it again after each load, and never while it is unloaded", async () => {
  const { around, database, agent, command } = await standalone();
  await command("createDatabase");
  await around.until("it is open", () => database.isOpen, 3_000);
  database.die();
  await around.pass(3_000);
  expect([agent.state().boot, database.isOpen]).toEqual([null, false]);
  await command("startDaemon");
  await command("loadDatabase");
  await around.until("it is open again", () => database.isOpen, 3_000);
  await around.until("it says so", () => agent.state().boot === "boot-2", 3_000);
});

it("opens what somebody closed by hand", async () => {
  const { around, database, command } = await standalone();
  await command("createDatabase");
  await around.until("it is open", () => database.isOpen, 3_000);
  await around.pass(2_000);
  database.isOpen = false;
  await around.until("it is open again", () => database.isOpen, 3_000);
});

it("is not closed by a record", async () => {
  const { around, database, agent, link, command } = await standalone();
  await command("createDatabase");
  await around.until("it is open", () => database.isOpen, 3_000);
  const record: PermissionRecord = {
    objectUID: "object",
    n: 3,
    mode: "Solo",
    writer: { podUID: "pod-b", boot: "another" },
    standby: null,
    from: 0,
    alt: 0,
    ready: false,
    leaseMs: 6_000,
  };
  agent.onMessage(link, {
    type: "record",
    record,
    evidence: { soloEnded: null, proofs: [], returns: false },
  });
  await around.pass(10_000);
  expect([database.isOpen, database.done.includes("close"), database.done.includes("kill")]).toEqual([
    true,
    false,
    false,
  ]);
});

it("closes and unloads it at once when the pod goes, and opens it no more", async () => {
  const { around, database, agent, command } = await standalone();
  await command("createDatabase");
  await around.until("it is open", () => database.isOpen, 3_000);
  database.done.splice(0);
  await around.settled(agent.shutdown(), 1_000);
  await around.pass(5_000);
  expect(database.done).toEqual(["close", "stopDaemon"]);
  expect(agent.state().endedBoots[0]).toMatchObject({ boot: "boot-1", how: "stopped" });
});
