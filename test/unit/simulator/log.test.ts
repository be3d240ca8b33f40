import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransactionLog } from "../../../simulator/engine/log";
import { decodeRecord, encodeRecord, type CommitRecord } from "../../../simulator/engine/records";

describe("the transaction log", () => {
  const folder = mkdtempSync(join(tmpdir(), "tts-log-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let serial = 0;

  const make = (prefix = join(folder, `db${++serial}`), fileBytes = 1024 * 1024) => ({
    prefix,
    log: new TransactionLog({ prefix, fileBytes, flushMs: 10_000, bufferBytes: 1024 * 1024 }),
  });
  const commit = (csn: number, bytes = 100): CommitRecord => ({
    type: "commit",
    csn,
    term: 1,
    pieces: [{ kind: "changes", data: Buffer.alloc(bytes, csn) }],
  });
  const replay = (prefix: string): number[] => {
    const found: number[] = [];
    make(prefix).log.replay(record => found.push(record.type === "commit" ? record.csn : -1));
    return found;
  };

  it("keeps a record's bytes as they are", () => {
    const record: CommitRecord = {
      ...commit(7),
      pieces: [...commit(7).pieces, { kind: "ddl", sql: "create ü", user: "A" }],
    };
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it("holds back what is not flushed, and writes it in order", () => {
    const { prefix, log } = make();
    log.open(0);
    log.append(commit(1));
    expect(replay(prefix)).toEqual([]);
    log.flush();
    log.append(commit(2));
    expect(replay(prefix)).toEqual([1]);
    log.close();
    expect(replay(prefix)).toEqual([1, 2]);
  });

  it("says what is durable as soon as somebody asks for it", async () => {
    const { log } = make();
    log.open(0);
    log.append(commit(1));
    expect(log.durableCsn()).toBe(0);
    await log.whenDurable(1);
    expect(log.durableCsn()).toBe(1);
    log.close();
  });

  it("ends before a torn or damaged record and goes on from there", () => {
    const { prefix, log } = make();
    log.open(0);
    for (const csn of [1, 2, 3]) log.append(commit(csn));
    log.close();
    truncateSync(`${prefix}.log0`, statSync(`${prefix}.log0`).size - 5);
    appendFileSync(`${prefix}.log0`, "xyz");
    const again = make(prefix).log;
    again.replay(() => undefined);
    again.open(2);
    again.append(commit(3));
    again.close();
    expect(replay(prefix)).toEqual([1, 2, 3]);
  });

  it("serves a standby from memory and from files, however far behind it is", () => {
    const { prefix, log } = make(undefined, 64 * 1024);
    log.open(0);
    for (let csn = 1; csn <= 3000; csn += 1) log.append(commit(csn));
    log.close();
    const again = make(prefix).log;
    again.replay(() => undefined);
    again.open(3000);
    const read: number[] = [];
    for (let next = 1; next <= 3000; ) {
      const records = again.readFrom(next) ?? [];
      expect(records.length).toBeGreaterThan(0);
      for (const bytes of records) {
        const record = decodeRecord(bytes);
        read.push(record.type === "commit" ? record.csn : -1);
      }
      next += records.length;
    }
    expect(read).toEqual(Array.from({ length: 3000 }, (_, at) => at + 1));
    expect(again.readFrom(3001)).toEqual([]);
    again.close();
  });

  it("reads a record larger than its read buffer", () => {
    const { prefix, log } = make(undefined, 64 * 1024 * 1024);
    log.open(0);
    log.append(commit(1, 5 * 1024 * 1024));
    log.append(commit(2));
    log.close();
    const again = make(prefix).log;
    again.replay(() => undefined);
    again.open(2);
    expect(again.readFrom(1)?.length).toBeGreaterThanOrEqual(1);
    expect(again.readFrom(2)).toHaveLength(1);
    again.close();
  });

  it("drops files that neither recovery nor the standby needs", () => {
    const { prefix, log } = make(undefined, 1024);
    log.open(0);
    for (let csn = 1; csn <= 40; csn += 1) log.append(commit(csn));
    const files = () =>
      readdirSync(folder).filter(name => name.startsWith(`${prefix.split("/").at(-1)}.log`)).length;
    const before = files();
    log.purge(20, 999);
    expect(files()).toBeLessThan(before);
    expect(log.readFrom(21)).not.toBeNull();
    const held = log.filesAfter(20);
    expect(held).toBe(files());
    log.close();
  });
});
