import { notOneAfterTheOther, parseAcks, reigns } from "../../../testbed/history";

const acks = (...times: number[]) => times.map((at, i) => `${i + 1} ${at - 1} ${at}`).join("\n");

describe("the history of commits", () => {
  it("reads a log of acknowledgements and leaves a line that is cut off aside", () => {
    expect(parseAcks("p-0", "1 100 105\n2 110 111\n3 12")).toEqual([
      { pod: "p-0", sentMs: 100, ackedMs: 105 },
      { pod: "p-0", sentMs: 110, ackedMs: 111 },
    ]);
    expect(parseAcks("p-0", "")).toEqual([]);
  });

  it("tells who took commits, one after the other", () => {
    const commits = [...parseAcks("p-1", acks(500, 510)), ...parseAcks("p-0", acks(100, 200, 300))];
    expect(reigns(commits)).toEqual([
      { pod: "p-0", firstMs: 100, lastMs: 300, commits: 3 },
      { pod: "p-1", firstMs: 500, lastMs: 510, commits: 2 },
    ]);
    expect(notOneAfterTheOther(commits, ["p-0", "p-1"])).toEqual([]);
  });

  it("finds two databases that take commits at the same time", () => {
    const commits = [...parseAcks("p-0", acks(100, 200, 300)), ...parseAcks("p-1", acks(250, 510))];
    expect(notOneAfterTheOther(commits, ["p-0", "p-1"])[0]).toContain("expected p-0, then p-1; seen: p-0");
  });

  it("finds a pod that never took any", () => {
    expect(notOneAfterTheOther(parseAcks("p-0", acks(100)), ["p-0", "p-1"])).toHaveLength(1);
    expect(notOneAfterTheOther([], ["p-0"])[0]).toContain("no commit");
  });
});
