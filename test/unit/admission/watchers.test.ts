import { isWatcher, watchers } from "../../../capabilities/watchers";
import { PendingKick } from "../../../capabilities/watchers/kick";
import { sample } from "../objects/sample";

describe("the watch", () => {
  it("only enqueues, whatever the object looks like", async () => {
    const [binding] = watchers.bindings;
    const callback = binding?.watchCallback;
    expect(binding?.isWatch).toBe(true);
    await expect(callback?.(sample() as never, "ADDED" as never)).resolves.toBeUndefined();
    await expect(callback?.({}, "ADDED" as never)).resolves.toBeUndefined();
  });

  it("keeps the keys that come before the engine runs, each once", () => {
    const seen: string[] = [];
    const kick = new PendingKick();
    kick.enqueue("a", "x");
    kick.enqueue("a", "x");
    kick.enqueue("b", "x");
    kick.handOver({ enqueue: (namespace, name) => seen.push(`${namespace}/${name}`) });
    kick.enqueue("a", "x");
    expect(seen).toEqual(["a/x", "b/x", "a/x"]);
  });
});

describe("the engine's place", () => {
  it.each([
    [{ PEPR_WATCH_MODE: "true" }, true],
    [{ PEPR_WATCH_MODE: "false" }, false],
    [{ PEPR_MODE: "dev" }, true],
    [{ PEPR_MODE: "dev", PEPR_WATCH_MODE: "false" }, false],
    [{ PEPR_MODE: "build" }, false],
    [{}, false],
  ])("with %p: %p", (env, expected) => {
    expect(isWatcher(env)).toBe(expected);
  });
});
