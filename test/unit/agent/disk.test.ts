import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileDisk, MemoryError } from "../../../agent/disk";
import type { AgentMemory } from "../../../agent/ports";
import { temporaryFolder } from "./support/files";

const folder = temporaryFolder();
afterAll(folder.remove);

const memory = (soloed: number): AgentMemory => ({
  obeyed: {
    objectUID: "object",
    n: 7,
    mode: "Pair",
    writer: { podUID: "pod-a", boot: "boot-a" },
    standby: "pod-b",
    from: 0,
    alt: 0,
    ready: false,
    leaseMs: 6_000,
  },
  soloed,
  drained: 0,
  alone: 0,
  left: 0,
  diskComplete: null,
  boot: { id: "boot-a", processes: "1:2,3:4", podUID: "pod" },
  complete: { n: 7, writer: { podUID: "pod-b", boot: "boot-b" }, boot: "boot-a" },
  closedByPerson: null,
  endedBoots: [{ boot: "boot-0", endedAtMs: 12, how: "daemon died", podUID: "" }],
});

describe("the agent's memory", () => {
  it("is nothing on the first start", async () => {
    await expect(new FileDisk(join(folder.path, "none", "memory.json")).load()).resolves.toBeNull();
  });

  it("is what was saved last, readable by its owner alone", async () => {
    const file = join(folder.path, "a", "memory.json");
    const disk = new FileDisk(file);
    await disk.save(memory(6));
    await disk.save(memory(7));
    await expect(new FileDisk(file).load()).resolves.toEqual(memory(7));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder.path, "a"))).toEqual(["memory.json"]);
  });

  it("keeps the order of saves that were asked for at once", async () => {
    const file = join(folder.path, "b", "memory.json");
    const disk = new FileDisk(file);
    await Promise.all([1, 2, 3, 4, 5].map(n => disk.save(memory(n))));
    await expect(disk.load()).resolves.toEqual(memory(5));
  });

  it("survives a crash in the middle of a process's first save", async () => {
    const file = join(folder.path, "c", "memory.json");
    await new FileDisk(file).save(memory(1));
    writeFileSync(`${file}.new`, '{"format":2,"mem');
    const disk = new FileDisk(file);
    await expect(disk.load()).resolves.toEqual(memory(1));
    await disk.save(memory(2));
    await expect(disk.load()).resolves.toEqual(memory(2));
  });

  it("is the former one after a crash at any byte of a later save, and the new one after the last", async () => {
    const file = join(folder.path, "torn", "memory.json");
    const disk = new FileDisk(file);
    await disk.save(memory(1));
    await disk.save(memory(2));
    const before = readFileSync(file);
    await disk.save(memory(3));
    const after = readFileSync(file);
    const from = before.findIndex((byte, i) => byte !== after[i]);
    const to = before.length - [...before.keys()].findIndex(i => before.at(-1 - i) !== after.at(-1 - i));
    for (let cut = from; cut <= to; cut++) {
      writeFileSync(file, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
      await expect(new FileDisk(file).load()).resolves.toEqual(memory(cut < to ? 2 : 3));
    }
  });

  it("goes on where a former process of the agent left off", async () => {
    const file = join(folder.path, "next", "memory.json");
    for (let n = 1; n <= 7; n++) {
      const disk = new FileDisk(file);
      await disk.load();
      await disk.save(memory(2 * n));
      await disk.save(memory(2 * n + 1));
      await expect(new FileDisk(file).load()).resolves.toEqual(memory(2 * n + 1));
    }
  });

  it("has room for whatever is to be remembered", async () => {
    const file = join(folder.path, "large", "memory.json");
    const large = (n: number): AgentMemory => ({
      ...memory(n),
      boot: { id: "boot-1", processes: "1:1 ".repeat(9_000), podUID: "" },
    });
    const disk = new FileDisk(file);
    for (const one of [memory(1), large(2), memory(3), large(4), large(5)]) {
      await disk.save(one);
      await expect(new FileDisk(file).load()).resolves.toEqual(one);
    }
  });

  it("is read as releases before wrote it", async () => {
    const file = join(folder.path, "former", "memory.json");
    mkdirSync(join(folder.path, "former"), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ format: 1, memory: memory(4) })}\n`);
    const disk = new FileDisk(file);
    await expect(disk.load()).resolves.toEqual(memory(4));
    await disk.save(memory(5));
    await expect(new FileDisk(file).load()).resolves.toEqual(memory(5));
  });

  it.each([
    ["half a file", '{"format":1,"memory":{'],
    ["nothing", ""],
    ["a form of another release", '{"format":3,"memory":{}}'],
    ["two places that were both spoilt", '{"format":2,"sequence":1,"mem\n{"format":2,"sequence":2,"mem\n'],
    [
      "a record that is none",
      '{"format":1,"memory":{"obeyed":{"n":-1},"soloed":0,"left":0,"boot":null,"endedBoots":[]}}',
    ],
  ])("is refused, not forgotten, when the file is there but holds %s", async (_what, text) => {
    const file = join(folder.path, "d", "memory.json");
    mkdirSync(join(folder.path, "d"), { recursive: true });
    writeFileSync(file, text);
    await expect(new FileDisk(file).load()).rejects.toThrow(MemoryError);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("goes on saving after a save that failed", async () => {
    const parent = join(folder.path, "e");
    writeFileSync(parent, "a file where the folder should be");
    const disk = new FileDisk(join(parent, "memory.json"));
    await expect(disk.save(memory(1))).rejects.toThrow();
    await expect(disk.save(memory(2))).rejects.toThrow();
  });
});
