/** What the kubelet is answered. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Readiness } from "../../../agent/core/readiness";
import { serveReadiness, type ReadinessServer } from "../../../agent/server/readiness";
import { systemClock } from "../../../agent/system";
import { eventually, keepingLog } from "./support/files";

let part: Readiness["part"] = "none";
const log = keepingLog();
const readiness = (): Readiness => ({ part, why: "because" });
let server: ReadinessServer;

const open = (port: number) => serveReadiness({ port, readiness, clock: systemClock, log });
const listening = (one: ReadinessServer) => eventually("it listens", () => one.port() !== null);
const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port()}${path}`, init);
const status = async (path: string) => (await get(path)).status;

beforeAll(async () => {
  server = open(0);
  await listening(server);
});
afterAll(() => server.close());

it.each<[Readiness["part"], number, number]>([
  ["serving", 200, 200],
  ["complete", 200, 503],
  ["none", 503, 503],
])(
  "a database that is %s gets %i, and %i where only the active is to be Ready",
  async (is, ready, active) => {
    part = is;
    expect([await status("/ready"), await status("/active")]).toEqual([ready, active]);
  },
);

it("says why, for people with curl", async () => {
  part = "none";
  expect(await (await get("/ready?verbose")).text()).toBe("none: because\n");
});

it("has nothing else to offer", async () => {
  expect(await status("/")).toBe(404);
  expect((await get("/ready", { method: "POST" })).status).toBe(404);
});

it("listens as soon as its port is free, and complains once", async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, resolve));
  const late = open((other.address() as AddressInfo).port);
  await eventually("it complains", () => log.lines.some(line => line.includes("readiness probes")));
  expect(late.port()).toBeNull();
  other.close();
  await listening(late);
  expect(log.lines.filter(line => line.includes("readiness probes"))).toHaveLength(1);
  late.close();
});
