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

  it("survives a crash in the middle of a save", async () => {
    const file = join(folder.path, "c", "memory.json");
    await new FileDisk(file).save(memory(1));
    writeFileSync(`${file}.new`, '{"format":1,"mem');
    const disk = new FileDisk(file);
    await expect(disk.load()).resolves.toEqual(memory(1));
    await disk.save(memory(2));
    await expect(disk.load()).resolves.toEqual(memory(2));
  });

  it.each([
    ["half a file", '{"format":1,"memory":{'],
    ["nothing", ""],
    ["a form of another release", '{"format":2,"memory":{}}'],
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
