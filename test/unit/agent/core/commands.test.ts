import { whyRefused, type CommandContext } from "../../../../agent/core/commands";
import { unknownView, type Command, type PermissionRecord } from "../../../../protocol";

const pair: PermissionRecord = {
  objectUID: "object",
  n: 5,
  mode: "Pair",
  writer: { podUID: "pod-w", boot: "boot-w" },
  standby: "pod-s",
  from: 0,
  alt: 0,
  ready: true,
  leaseMs: 6_000,
};
const startRepAgent: Command = {
  type: "command",
  id: "1",
  n: 5,
  boot: null,
  deadlineMs: 1_000,
  verb: "startRepAgent",
};
const context = (podUID: string, record: PermissionRecord | null = pair): CommandContext => ({
  podUID,
  objectUID: "object",
  obeyedN: record?.n ?? 0,
  record,
  boot: "boot",
  view: unknownView,
  stopping: false,
});

describe("the replication agent", () => {
  it("is started in the two Pods that a Pair names", () => {
    expect(whyRefused(startRepAgent, context("pod-w"))).toBeNull();
    expect(whyRefused(startRepAgent, context("pod-s"))).toBeNull();
  });

  it("is not started in a successor of the standby's Pod, which has its host name but not its data", () => {
    expect(whyRefused(startRepAgent, context("pod-s2"))).toMatch(/two other Pods/);
  });

  it("is started outside of a Pair wherever the operator wants it", () => {
    const solo: PermissionRecord = { ...pair, mode: "Solo", standby: null, ready: false };
    expect(whyRefused(startRepAgent, context("pod-s2", solo))).toBeNull();
    expect(whyRefused({ ...startRepAgent, n: 0 }, context("pod-s2", null))).toBeNull();
  });
});

describe("the replication scheme of a former standby", () => {
  const dropScheme: Command = { ...startRepAgent, verb: "dropScheme" };
  const solo: PermissionRecord = { ...pair, mode: "Solo", standby: null, ready: false };
  const loaded: CommandContext = {
    ...context("pod-w", solo),
    boot: solo.writer.boot,
    view: { ...unknownView, repState: "IDLE", open: false },
  };

  it("is dropped where a Solo names that very life, which is closed and has no role", () => {
    expect(whyRefused(dropScheme, loaded)).toBeNull();
  });

  it.each<[string, Partial<CommandContext>]>([
    ["it is the writer of a Pair", { record: pair }],
    ["another life is named", { boot: "boot-elsewhere" }],
    ["another Pod is named", { podUID: "pod-s" }],
    ["it is the active", { view: { ...loaded.view, repState: "ACTIVE" } }],
    ["it is open", { view: { ...loaded.view, open: true } }],
  ])("is kept where %s", (_why, change) => {
    expect(whyRefused(dropScheme, { ...loaded, ...change })).toMatch(/names|role/);
  });
});
