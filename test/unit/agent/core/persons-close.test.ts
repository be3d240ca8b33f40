/** A person's close is told from ours: what is in doubt was ours, because it is opened again. */
import { PersonsClose } from "../../../../agent/core/persons-close";
import type { AgentMemory, Log } from "../../../../agent/ports";

const open = { db: "Loaded", repState: "ACTIVE", open: true } as const;
const closed = { ...open, open: false } as const;

class Setting {
  nowMs = 1_000;
  boot: string | null = "boot-1";
  memory: Pick<AgentMemory, "closedByPerson"> = { closedByPerson: null };
  close = this.restart();

  /** The agent starts again: only its memory is left. */
  restart(): PersonsClose {
    const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const life = {
      boot: this.boot,
      memory: this.memory,
      remember: async (patch: Partial<AgentMemory>) => void Object.assign(this.memory, patch),
    };
    this.close = new PersonsClose({ clock: { monotonicMs: () => this.nowMs }, log, life });
    return this.close;
  }

  /** A look after so long. @returns whether a person's close is known now */
  async look(
    view: Parameters<PersonsClose["judge"]>[0],
    afterMs = 1_000,
    permitted = true,
  ): Promise<boolean> {
    this.nowMs += afterMs;
    await this.close.note(this.close.judge(view, permitted));
    return this.close.isClosed;
  }
}

describe("a person's close", () => {
  it("is known once the database was seen closed for longer than one look, and is not opened meanwhile", async () => {
    const s = new Setting();
    s.close.opened();
    expect(await s.look(closed)).toBe(false);
    expect(s.close.isToStay).toBe(true);
    expect(await s.look(closed, 100)).toBe(false);
    expect(await s.look(closed, 900)).toBe(true);
    expect(s.close.isToStay).toBe(true);
  });

  it("ends when a person opens it, and the next one is known as well", async () => {
    const s = new Setting();
    s.close.opened();
    await s.look(closed);
    await s.look(closed);
    expect(await s.look(open)).toBe(false);
    expect(s.close.isToStay).toBe(false);
    await s.look(closed);
    expect(await s.look(closed)).toBe(true);
  });

  it("outlives the agent", async () => {
    const s = new Setting();
    s.close.opened();
    await s.look(closed);
    await s.look(closed);
    s.restart();
    expect(s.close.isToStay).toBe(true);
    expect(await s.look(closed)).toBe(true);
    expect(await s.look(open)).toBe(false);
  });

  it("is known by an agent that found the database open when it started", async () => {
    const s = new Setting();
    await s.look(open);
    await s.look(closed);
    expect(await s.look(closed)).toBe(true);
  });

  it("ends with that life of the database", async () => {
    const s = new Setting();
    s.close.opened();
    await s.look(closed);
    await s.look(closed);
    s.boot = "boot-2";
    s.restart();
    expect(s.close.isToStay).toBe(false);
  });
});

describe("what is no person's close", () => {
  const cases: [string, (s: Setting) => void][] = [
    ["one that we never opened", () => undefined],
    [
      "one that we have begun to close",
      s => {
        s.close.opened();
        s.close.closing();
      },
    ],
  ];
  it.each(cases)("%s", async (_what, before) => {
    const s = new Setting();
    before(s);
    for (let i = 0; i < 5; i++) expect(await s.look(closed)).toBe(false);
    expect(s.close.isToStay).toBe(false);
  });

  it("one whose permission was over in between", async () => {
    const s = new Setting();
    s.close.opened();
    await s.look(closed, 1_000, false);
    await s.look(closed);
    expect(await s.look(closed)).toBe(false);
  });

  it("one that cannot be looked at, or is not the active", async () => {
    const s = new Setting();
    s.close.opened();
    for (const view of [
      { ...closed, db: "Unknown" as const },
      { ...closed, repState: "Unknown" as const },
      { ...closed, repState: "STANDBY" as const },
    ])
      expect(await s.look(view)).toBe(false);
    expect(s.close.isToStay).toBe(false);
  });

  it("a stale look that shows it open is none, and the guard's closing after it is not mistaken", async () => {
    const s = new Setting();
    s.close.opened();
    s.close.closing();
    await s.look(open);
    await s.look(closed);
    expect(await s.look(closed)).toBe(false);
  });
});
