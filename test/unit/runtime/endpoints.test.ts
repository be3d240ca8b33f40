import type { TimesTenClassicObject } from "../../../generated/types";
import { healthAnswer, hearsOfApi } from "../../../capabilities/runtime/health";
import { serve } from "../../../capabilities/runtime/http-endpoint";
import { createMetrics, failoverTimes, metricsAnswer } from "../../../capabilities/runtime/metrics";
import { VirtualSurroundings } from "../../support/virtual-clock";

function classic(name: string, status: TimesTenClassicObject["status"], ttspec = {}): TimesTenClassicObject {
  return {
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: { name, namespace: "ns" },
    spec: { ttspec: { ...ttspec } },
    ...(status === undefined ? {} : { status }),
  } as TimesTenClassicObject;
}

async function scrape(objects: TimesTenClassicObject[]): Promise<string[]> {
  const { clock } = new VirtualSurroundings();
  const hearing = { synced: () => true, lastEventMonotonicMs: -1_500 };
  const registry = createMetrics({ clock, objects: () => objects, hearing });
  const { body } = await metricsAnswer(registry);
  return body.split("\n").filter(line => line.startsWith("timesten_"));
}

describe("the metrics", () => {
  it("say the state an object is in and the one it was in", async () => {
    const lines = await scrape([
      classic("sample", { highLevelState: "ActiveDown", prevHighLevelState: "Normal" }),
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'timesten_classic_state{namespace="ns",name="sample",state="Normal"} 0',
        'timesten_classic_state{namespace="ns",name="sample",state="ActiveDown"} 1',
        'timesten_classic_state_normal{namespace="ns",name="sample"} 0',
        'timesten_classic_state_not_normal{namespace="ns",name="sample"} 1',
        "timesten_operator_objects 1",
        "timesten_operator_api_silence_seconds 1.5",
      ]),
    );
  });

  it("count a pair without a status as one that begins, and no set of single databases as a pair", async () => {
    const lines = await scrape([
      classic("new", undefined),
      classic("set", undefined, { replicationTopology: "none" }),
    ]);
    const about = lines.filter(line => line.startsWith("timesten_classic_state"));
    expect(about).toEqual([
      'timesten_classic_state_normal{namespace="ns",name="new"} 0',
      'timesten_classic_state_not_normal{namespace="ns",name="new"} 0',
      'timesten_classic_state_all_replicas_ready{namespace="ns",name="set"} 0',
      'timesten_classic_state_not_all_replicas_ready{namespace="ns",name="set"} 0',
    ]);
  });

  it("say what is upgraded, and how long the last upgrade took", async () => {
    const upgrading = { type: "Upgrading", status: "True" as const, reason: "X", message: "" };
    const lines = await scrape([
      classic("now", { conditions: [{ ...upgrading, lastTransitionTime: "2026-01-01T00:00:00Z" }] }),
      classic("done", {
        lastUpgrade: {
          startedAt: "2026-01-01T00:00:00.000Z",
          standbyReadyAt: "2026-01-01T00:01:00.000Z",
          completedAt: "2026-01-01T00:03:00.500Z",
          writeGapMs: 250,
        },
      }),
    ]);
    expect(lines.filter(line => line.includes("upgrad"))).toEqual([
      'timesten_classic_upgrading{namespace="ns",name="now"} 1',
      'timesten_classic_upgrading{namespace="ns",name="done"} 0',
      'timesten_classic_last_upgrade_seconds{namespace="ns",name="done",part="standby"} 60',
      'timesten_classic_last_upgrade_seconds{namespace="ns",name="done",part="active"} 120.5',
      'timesten_classic_last_upgrade_seconds{namespace="ns",name="done",part="whole"} 180.5',
      'timesten_classic_last_upgrade_seconds{namespace="ns",name="done",part="write_gap"} 0.25',
    ]);
  });

  it("count how many of a set of single databases are ready", async () => {
    const podStatus = [0, 1, 2].map(ordinal => ({ name: `set-${ordinal}`, ready: ordinal < 2 }));
    const status = { highLevelState: "SomeReplicasReady" as const, podStatus };
    const lines = await scrape([classic("set", status, { replicationTopology: "none" })]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'timesten_classic_replicas_ready{namespace="ns",name="set"} 2',
        'timesten_classic_state_all_replicas_ready{namespace="ns",name="set"} 0',
        'timesten_classic_state_not_all_replicas_ready{namespace="ns",name="set"} 1',
      ]),
    );
  });

  it("measure the stations of the last failover from its beginning", async () => {
    const lastFailover = {
      failedAt: "2026-01-01T00:00:10.000Z",
      seenAt: "2026-01-01T00:00:10.250Z",
      promotedAt: "2026-01-01T00:00:11.500Z",
    };
    const lines = await scrape([classic("sample", { highLevelState: "StandbyDown", lastFailover })]);
    expect(lines.filter(line => line.includes("failover"))).toEqual([
      'timesten_classic_last_failover_seconds{namespace="ns",name="sample",station="seen"} 0.25',
      'timesten_classic_last_failover_seconds{namespace="ns",name="sample",station="promoted"} 1.5',
      `timesten_classic_last_failover_timestamp_seconds{namespace="ns",name="sample"} ${Date.UTC(2026, 0, 1) / 1_000 + 10}`,
    ]);
  });

  it("count a change of the active once per phase, by its kind", async () => {
    const { clock } = new VirtualSurroundings();
    const failovers = failoverTimes();
    const hearing = { synced: () => true, lastEventMonotonicMs: null };
    const registry = createMetrics({ clock, objects: () => [], hearing, failovers });
    const at = (s: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, s)).toISOString();
    failovers.observe({
      kind: "handover",
      failedAt: at(10),
      seenAt: at(9),
      provenAt: at(12),
      promotedAt: at(13),
      routedAt: at(14),
      redundantAt: at(40),
    });
    const { body } = await metricsAnswer(registry);
    const sums = body
      .split("\n")
      .filter(line => line.startsWith("timesten_classic_failover_phase_seconds_sum"))
      .map(line => line.replace(/.*phase="(\w+)"\} /, "$1 "));
    expect(sums).toEqual(["detect 0", "prove 3", "promote 1", "route 1", "redundant 26", "whole 4"]);
    expect(body).toContain('_count{kind="handover",phase="whole"} 1');
  });

  it("forget an object that is gone", async () => {
    const { clock } = new VirtualSurroundings();
    const objects = [classic("sample", { highLevelState: "Normal" })];
    const hearing = { synced: () => true, lastEventMonotonicMs: null };
    const registry = createMetrics({ clock, objects: () => objects, hearing });
    expect((await metricsAnswer(registry)).body).toContain('name="sample"');
    objects.pop();
    expect((await metricsAnswer(registry)).body).not.toContain('name="sample"');
  });
});

describe("the health", () => {
  it("is good while the API server is heard of, and says what is wrong when it is not", async () => {
    const around = new VirtualSurroundings();
    const hearing = { synced: () => true, lastEventMonotonicMs: null as number | null };
    const check = hearsOfApi(around.clock, "objects", hearing, 300_000);
    await around.pass(300_000);
    expect(healthAnswer([check])).toMatchObject({ status: 200, body: "ok\n" });
    await around.pass(1_000);
    expect(healthAnswer([check])).toMatchObject({
      status: 503,
      body: "objects: not heard of the API server for 301 s\n",
    });
    hearing.lastEventMonotonicMs = around.clock.monotonicMs();
    expect(healthAnswer([check]).status).toBe(200);
  });
});

describe("an endpoint", () => {
  it("answers its path only, with 500 when the answer fails, and stops listening", async () => {
    let fails = false;
    const endpoint = await serve(0, "/metrics", async () => {
      if (fails) throw new Error("broken");
      return { status: 200, contentType: "text/plain", body: "fine\n" };
    });
    const ask = async (path: string, method = "GET"): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { method });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await ask("/metrics?x=1")).toBe("200 fine\n");
    expect(await ask("/other")).toBe("404 not found\n");
    expect(await ask("/metrics", "POST")).toBe("404 not found\n");
    fails = true;
    expect(await ask("/metrics")).toBe("500 broken\n");
    await endpoint.close();
    await expect(ask("/metrics")).rejects.toThrow();
  });

  it("says when its port is taken", async () => {
    const answer = async () => ({ status: 200, contentType: "text/plain", body: "" });
    const first = await serve(0, "/", answer);
    await expect(serve(first.port, "/", answer)).rejects.toThrow(/EADDRINUSE/);
    await first.close();
  });
});
