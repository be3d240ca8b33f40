import { jsonLog, Secrets } from "../../../agent/system";

function written(act: (log: ReturnType<typeof jsonLog>, secrets: Secrets) => void): string {
  let text = "";
  const secrets = new Secrets();
  act(
    jsonLog(secrets, line => {
      text += line;
    }),
    secrets,
  );
  return text;
}

describe("the agent's log", () => {
  it("is one JSON object a line, with time, level and message", () => {
    const lines = written(log => {
      log.info("one", { n: 1 });
      log.warn("two");
    })
      .trim()
      .split("\n")
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ level: "info", msg: "one", n: 1 });
    expect(lines[1]).toMatchObject({ level: "warn", msg: "two" });
    expect(new Date(String(lines[0]?.time)).getTime()).not.toBeNaN();
  });

  it("never holds a known secret, however it is quoted", () => {
    const secret = `p"a\\ss'1`;
    const text = written((log, secrets) => {
      secrets.add(secret);
      log.error(`failed with ${secret}`, { error: `near ${secret};`, nested: { deep: [secret] } });
    });
    expect(text).not.toContain("ss'1");
    expect(text.match(/\*\*\*/g)).toHaveLength(3);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it.each([
    "create user a identified by 'tiger one'; more",
    "create user a IDENTIFIED BY tiger",
    "DSN=x;UID=a;PWD=tiger;more=1",
  ])("never holds a password that it can recognise in a statement: %s", statement => {
    const text = written(log => log.warn("statement failed", { statement }));
    expect(text).not.toContain("tiger");
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it("does not let one field fill the disk", () => {
    expect(written(log => log.info("x", { output: "y".repeat(100_000) })).length).toBeLessThan(5_000);
  });
});
