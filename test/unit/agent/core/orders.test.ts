/** The operator's commands, one at a time, each told as a task. */
import type { OperatorLink, TimesTen } from "../../../../agent/ports";
import type { DatabaseLife } from "../../../../agent/core/life";
import { Orders } from "../../../../agent/core/orders";
import { unknownView, type AgentMessage, type Command } from "../../../../protocol";
import { VirtualSurroundings } from "../../../support/virtual-clock";

const duplicate: Command = {
  id: "one",
  verb: "duplicate",
  n: 4,
  boot: null,
  deadlineMs: 60_000,
  fromHost: "sample-1.sample.ns.svc",
} as Command;

function bed(boot: string | null) {
  const around = new VirtualSurroundings("orders");
  const did: string[] = [];
  const does = (what: string) => (): Promise<void> => {
    did.push(what);
    return Promise.resolve();
  };
  const timesten = new Proxy({} as TimesTen, { get: (_target, name) => does(String(name)) });
  const life = {
    boot,
    forgetCopy: () => Promise.resolve(),
    end: async (_how: string, gently: () => Promise<void>) => gently(),
  } as unknown as DatabaseLife;
  const answers: AgentMessage[] = [];
  const link = { send: (message: AgentMessage) => answers.push(message) } as unknown as OperatorLink;
  const orders = new Orders({
    clock: { ...around.clock, boottimeMs: () => around.clock.monotonicMs() },
    log: around.log,
    timesten,
    life,
    lookAfresh: does("look"),
    context: () => ({
      podUID: "uid-0",
      objectUID: "object",
      obeyedN: 4,
      record: {
        objectUID: "object",
        n: 4,
        mode: "Solo",
        writer: { podUID: "uid-1", boot: "boot-1" },
        standby: null,
        from: 0,
        alt: 0,
        ready: false,
        leaseMs: 6_000,
      },
      boot,
      view: unknownView,
      stopping: false,
    }),
    onChange: () => undefined,
  });
  return { around, did, answers, link, orders };
}

describe("a duplicate", () => {
  it.each([
    ["was not loaded", null, ["destroyDatabase", "look", "duplicate", "look"]],
    ["was loaded", "boot-0", ["destroyDatabase", "startDaemon", "look", "duplicate", "look"]],
  ])(
    "tells that there is no database before it copies, where the old copy %s",
    async (_what, boot, steps) => {
      const { around, did, answers, link, orders } = bed(boot);
      orders.take(link, duplicate);
      expect(answers).toEqual([{ type: "answer", id: "one", accepted: true, reason: null }]);
      await around.time.pass(1_000);
      expect(did).toEqual(steps);
      expect(orders.list()).toMatchObject([{ id: "one", status: "succeeded" }]);
    },
  );
});
