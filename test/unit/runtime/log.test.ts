import { createLog, type LogLevel } from "../../../capabilities/runtime/log";
import { KubeError } from "../../../capabilities/runtime/ports";

function newLog(level: LogLevel = "debug") {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    expect(line).not.toContain("\n");
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, log: createLog({ level, nowMs: () => Date.UTC(2026, 0, 2), write }) };
}

describe("the log", () => {
  it("writes one JSON object per line with time, level and fields", () => {
    const { log, lines } = newLog();
    log.child({ component: "queue" }).child({ key: "ns/sample" }).warn("pass\nfailed", { retryMs: 50 });
    const expected = {
      level: "warn",
      message: "pass\nfailed",
      component: "queue",
      key: "ns/sample",
      retryMs: 50,
    };
    expect(lines).toEqual([{ time: "2026-01-02T00:00:00.000Z", ...expected }]);
  });

  it("leaves out what is below its level", () => {
    const { log, lines } = newLog("warn");
    log.debug("no");
    log.info("no");
    log.warn("yes");
    log.error("yes");
    log.child({ a: 1 }).info("no");
    expect(lines.map(line => line["message"])).toEqual(["yes", "yes"]);
  });

  it("never writes secrets, however deep and whatever their key is spelt like", () => {
    const { log, lines } = newLog();
    log.info("x", {
      password: "s3cret-a",
      nested: {
        agentUser: "ttagent/s3cret-b",
        list: [{ "agent.key": "s3cret-c" }, { operatorKey: "s3cret-d" }],
      },
      headers: { Authorization: "Bearer s3cret-e" },
      token: "s3cret-f",
      data: { "tls.key": "s3cret-g", oraclePwd: "s3cret-h" },
      text: "-----BEGIN PRIVATE KEY-----\ns3cret-i\n-----END PRIVATE KEY-----",
      cut: "-----BEGIN RSA PRIVATE KEY-----\ns3cret-j",
      credentials: { anything: ["s3cret-k"] },
    });
    expect(JSON.stringify(lines)).not.toContain("s3cret");
  });

  it("writes what only looks like a secret", () => {
    const { log, lines } = newLog();
    log.info("x", { key: "ns/sample", secretName: "tt123", password: null, passwordSet: true });
    expect(lines[0]).toMatchObject({
      key: "ns/sample",
      secretName: "tt123",
      password: null,
      passwordSet: true,
    });
  });

  it("writes errors with their cause, and those of the API server without a stack", () => {
    const { log, lines } = newLog();
    log.error("x", { error: new Error("outer", { cause: new Error("inner") }) });
    log.error("y", { error: new KubeError(409, "Conflict", "modified") });
    expect(lines[0]?.["error"]).toMatchObject({
      name: "Error",
      message: "outer",
      cause: { message: "inner" },
    });
    expect(Object.keys(lines[0]?.["error"] as object)).toContain("stack");
    expect(lines[1]?.["error"]).toEqual({
      name: "KubeError",
      message: "modified",
      status: 409,
      reason: "Conflict",
    });
  });

  it("bears what JSON does not", () => {
    const { log, lines } = newLog();
    const loop: Record<string, unknown> = { big: 12n };
    loop["self"] = loop;
    log.info("x", { loop, nothing: undefined });
    expect(JSON.stringify(lines)).toContain('"big":"12"');
  });
});
