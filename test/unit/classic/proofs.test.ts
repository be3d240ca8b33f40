/** What counts as a proof that an old writer cannot write, for the table of allowed writes, and what does not. */
import { whyNotAllowed } from "../../../capabilities/classic/decide/fence/transitions";
import type { Observation } from "../../../capabilities/classic/observation";
import type { PermissionRecord, PermissionView } from "../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  idleView,
  observation,
  pod,
  promotion,
  record,
  silentPod,
  solo,
} from "./fixtures";

const over0 = [{ podUID: UID[0], boot: BOOT[0] }];
/** A new pod on the old writer's volume; what became of the old one nobody saw. */
const newPod0 = (n: number) =>
  pod(0, {
    uid: "uid-new",
    state: agentState(0, {
      podUID: "uid-new",
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "container restarted", podUID: "" }],
      timesten: idleView,
      permission: { obeyedN: n, soloed: 4, mode: "none", closed: true },
    }),
  });

describe("what counts as a proof about the old writer", () => {
  const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
  const standby = (permission: Partial<PermissionView>) => pod(1, { state: agentState(1, { permission }) });
  const fenced = (obeyedN: number, change = {}) =>
    pod(0, { state: agentState(0, { permission: { obeyedN, mode: "none", closed: true, ...change } }) });
  const attested = { ...observation({ over: over0 }).ends[0]!, source: "attested" as const };
  const silent0 = silentPod(0, 9_000);

  const allowed: [string, Observation, PermissionRecord][] = [
    ["a Pair: waited", observation({ pods: [silent0, standby({ waitedFor: 5 })] }), promotion()],
    ["a Pair: attested", observation({ pods: [silent0, pod(1)], rest: { ends: [attested] } }), promotion()],
    [
      "Closed: fenced at its number",
      observation({ record: closed, pods: [fenced(6), pod(1)] }),
      promotion({ n: 7 }),
    ],
    [
      "Closed: waited for the Pair that was left",
      observation({ record: closed, pods: [silent0, standby({ obeyedN: 6, waitedFor: 5 })] }),
      promotion({ n: 7 }),
    ],
    [
      "Closed, its disk back: the standby obeys, waited and did not leave",
      observation({
        record: closed,
        pods: [newPod0(6), standby({ obeyedN: 6, waitedFor: 5, completeFor: 0 })],
      }),
      solo({ n: 7, writer: { podUID: "uid-new", boot: "boot-0b" } }),
    ],
  ];
  const refused: [string, Observation, PermissionRecord][] = [
    ["waited for another Pair", observation({ pods: [silent0, standby({ waitedFor: 4 })] }), promotion()],
    ["waited, but left", observation({ pods: [silent0, standby({ waitedFor: 5, left: 5 })] }), promotion()],
    [
      "waited, where clocks cannot be relied on",
      observation({ pods: [silent0, standby({ waitedFor: 5, noWaiting: "rates" })] }),
      promotion(),
    ],
    [
      "waited, by an agent that is not heard now",
      observation({ pods: [silent0, silentPod(1, 0, { state: standby({ waitedFor: 5 }).agent.state })] }),
      promotion(),
    ],
    [
      "closed at the Pair's own number",
      observation({ record: closed, pods: [fenced(5), pod(1)] }),
      promotion({ n: 7 }),
    ],
    [
      "closed by another life",
      observation({
        record: closed,
        pods: [
          pod(0, { state: agentState(0, { boot: "boot-0b", permission: { obeyedN: 6, closed: true } }) }),
          pod(1),
        ],
      }),
      promotion({ n: 7 }),
    ],
    ...(
      [
        ["does not obey", { obeyedN: 5, waitedFor: 5 }],
        ["did not wait", { obeyedN: 6 }],
        ["left", { obeyedN: 6, waitedFor: 5, left: 5 }],
      ] as const
    ).map(([what, permission]): [string, Observation, PermissionRecord] => [
      `its disk back, the standby ${what}`,
      observation({ record: closed, pods: [newPod0(6), standby({ completeFor: 0, ...permission })] }),
      solo({ n: 7, writer: { podUID: "uid-new", boot: "boot-0b" } }),
    ]),
    [
      "its disk back after a Pair that was not ready, the standby waited",
      observation({
        record: { ...closed, from: 0 },
        pods: [newPod0(6), standby({ obeyedN: 6, waitedFor: 5, completeFor: 0 })],
      }),
      solo({ n: 7, writer: { podUID: "uid-new", boot: "boot-0b" } }),
    ],
    [
      "a Solo, its disk back, waited: a Solo has no end",
      observation({ record: solo(), pods: [newPod0(5), standby({ obeyedN: 5, waitedFor: 4 })] }),
      solo({ n: 6, writer: { podUID: "uid-new", boot: "boot-0b" } }),
    ],
  ];

  it.each(allowed)("%s", (_what, o, to) => expect(whyNotAllowed(o, to)).toBeNull());
  it.each(refused)("not: %s", (_what, o, to) =>
    expect(whyNotAllowed(o, to)).toEqual(expect.stringContaining("missing")),
  );
});
