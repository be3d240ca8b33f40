import https from "node:https";
import type { AddressInfo } from "node:net";
import { prepareWebhookServer, type Webhook } from "../../../capabilities/admission/webhookServer";
import { createAuthority } from "../../../testbed/x509";

describe("the webhook's server", () => {
  const original = https.createServer;
  afterEach(() => {
    https.createServer = original;
  });

  it("keeps idle connections longer than the API server does", () => {
    prepareWebhookServer(() => undefined);
    const server = https.createServer({}, () => undefined);
    expect(server.keepAliveTimeout).toBe(90_000);
    expect(server.headersTimeout).toBeGreaterThan(server.keepAliveTimeout);
  });

  it("tells how long each answer of a webhook took, and of nothing else", async () => {
    const told: [Webhook, number][] = [];
    const beganMs = performance.now();
    prepareWebhookServer((startedMs, webhook) => told.push([webhook, startedMs]));
    const authority = createAuthority("test");
    const { cert, key } = authority.issue(
      { commonName: "localhost" },
      { server: true, names: ["localhost"] },
    );
    const server = https.createServer({ cert, key }, (_request, response) => response.end("{}"));
    await new Promise<void>(resolve => server.listen(0, "localhost", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (path: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const options = { host: "localhost", port, path, ca: authority.cert, agent: false };
        const asked = https.get(options, answer => answer.resume().once("end", resolve));
        asked.once("error", reject);
      });
    for (const path of ["/mutate/token", "/metrics", "/validate/token", "/healthz"]) await ask(path);
    await new Promise(resolve => server.close(resolve));
    expect(told.map(([webhook]) => webhook)).toEqual(["mutate", "validate"]);
    expect(Math.min(...told.map(([, startedMs]) => startedMs))).toBeGreaterThanOrEqual(beganMs);
  });
});
