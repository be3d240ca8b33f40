/** The table of allowed writes (docs/fencing.md): every row is allowed with its facts and refused without each of them. */
import {
  isBehind,
  numberAboveAll,
  transitions,
  whyNotAllowed,
} from "../../../capabilities/classic/decide/fence/transitions";
import type { Observation } from "../../../capabilities/classic/observation";
import type { PermissionRecord } from "../../../protocol";
import {
  UID,
  agentState,
  deadActive,
  idleView,
  noPod,
  observation,
  pod,
  promotion,
  record,
  silentPod,
  solo,
} from "./fixtures";
import { b0b, b1, b1b, chosen, left, over0, prepared, returned, serving, standbyDisk } from "./returned";

const withLease = (o: Observation, leaseMs: number): Observation => ({
  ...o,
  settings: { ...o.settings, leaseMs },
});

interface Row {
  name: string;
  o: Observation;
  to: PermissionRecord;
  /** The same write with one fact taken away. */
  without: Record<string, Observation>;
}

const rows: Row[] = [
  {
    name: "first record",
    o: observation({ record: null }),
    to: solo({ n: 6 }),
    without: {
      "an agent's answer": observation({ record: null, pods: [pod(0), silentPod(1, 0)] }),
      "the named life": observation({
        record: null,
        pods: [pod(0, { state: agentState(0, { boot: "other" }) }), pod(1)],
      }),
      "a number above all": observation({
        record: null,
        pods: [pod(0), pod(1, { state: agentState(1, { permission: { obeyedN: 9 } }) })],
      }),
    },
  },
  {
    name: "the writer goes on alone",
    o: observation(),
    to: solo({ n: 6, alt: 5 }),
    without: {
      "a live session": observation({ pods: [silentPod(0, 0), pod(1)] }),
      "the same life": observation({ pods: [returned(5), pod(1)] }),
    },
  },
  {
    name: "pair formed",
    o: observation({ record: solo(), pods: [serving(5), pod(1)] }),
    to: record({ n: 6, ready: false }),
    without: {
      "the writer's answer to this number": observation({ record: solo(), pods: [serving(4), pod(1)] }),
      "a permission without end": observation({
        record: solo(),
        pods: [pod(0, { state: agentState(0, { permission: { mode: "none" } }) }), pod(1)],
      }),
      "a STANDBY": observation({
        record: solo(),
        pods: [serving(5), pod(1, { state: agentState(1, { timesten: { repState: "RECOVERING" } }) })],
      }),
      "the other pod's agent": observation({ record: solo(), pods: [serving(5), silentPod(1, 0)] }),
      "the L that the object asks for": withLease(
        observation({ record: solo(), pods: [serving(5), pod(1)] }),
        3_000,
      ),
    },
  },
  {
    name: "pair ready",
    o: observation({ record: record({ ready: false }) }),
    to: record(),
    without: {
      "the writer's word": observation({
        record: record({ ready: false }),
        pods: [pod(0, { state: agentState(0, { permission: { soloEnded: { n: 4, mark: 1 } } }) }), pod(1)],
      }),
      "a complete standby": observation({
        record: record({ ready: false }),
        pods: [pod(0), pod(1, { state: agentState(1, { permission: { completeFor: 4 } }) })],
      }),
      "a writer that did not take solo by itself": observation({
        record: record({ ready: false }),
        pods: [pod(0, { state: agentState(0, { permission: { soloed: 5 } }) }), pod(1)],
      }),
      "the standby's answer": observation({
        record: record({ ready: false }),
        pods: [pod(0), silentPod(1, 0)],
      }),
    },
  },
  {
    name: "promotion",
    o: observation({ pods: [deadActive(), pod(1)], over: over0 }),
    to: promotion(),
    without: {
      "a proof": observation({ pods: [deadActive(), pod(1)] }),
      "a proof about this life": observation({
        pods: [deadActive(), pod(1)],
        over: [{ podUID: UID[0], boot: "older" }],
      }),
      "a complete standby": observation({
        pods: [deadActive(), pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) })],
        over: over0,
      }),
      "the named life of it": observation({
        pods: [deadActive(), pod(1, { state: agentState(1, { boot: "other" }) })],
        over: over0,
      }),
    },
  },
  {
    name: "writer stopped",
    o: observation(),
    to: record({ n: 6, mode: "Closed", from: 5, ready: false }),
    without: {},
  },
  {
    name: "promotion given up",
    o: observation({
      record: promotion(),
      pods: [
        deadActive(),
        pod(1, { state: agentState(1, { permission: { obeyedN: 6, refused: { n: 6, reason: "left" } } }) }),
      ],
    }),
    to: solo({ n: 7, mode: "Closed", writer: b1 }),
    without: {
      "a refusal": observation({
        record: promotion(),
        pods: [deadActive(), pod(1, { state: agentState(1, { permission: { obeyedN: 6 } }) })],
      }),
      "an answer": observation({ record: promotion(), pods: [deadActive(), silentPod(1, 60_000)] }),
    },
  },
  {
    name: "promotion after Closed",
    o: observation({
      record: record({ n: 6, mode: "Closed", from: 5, ready: false }),
      pods: [deadActive(), pod(1)],
      over: over0,
    }),
    to: promotion({ n: 7 }),
    without: {
      "a proof": observation({
        record: record({ n: 6, mode: "Closed", from: 5, ready: false }),
        pods: [deadActive(), pod(1)],
      }),
      "a complete standby": observation({
        record: record({ n: 6, mode: "Closed", from: 5, ready: false }),
        pods: [deadActive(), pod(1, { state: agentState(1, { permission: { completeFor: 4 } }) })],
        over: over0,
      }),
    },
  },
  {
    name: "the same life goes on after Closed",
    o: observation({ record: record({ n: 6, mode: "Closed", from: 5, ready: false }) }),
    to: solo({ n: 7, alt: 5 }),
    without: {
      "a live session": observation({
        record: record({ n: 6, mode: "Closed", from: 5, ready: false }),
        pods: [silentPod(0, 0), pod(1)],
      }),
    },
  },
  {
    name: "the writer's disk goes on after Closed",
    o: observation({
      record: record({ n: 6, mode: "Closed", ready: false }),
      pods: [returned(6, 4), pod(1)],
      over: over0,
    }),
    to: solo({ n: 7, writer: b0b }),
    without: {
      "a proof": observation({
        record: record({ n: 6, mode: "Closed", ready: false }),
        pods: [returned(6, 4), pod(1)],
      }),
      "being as far as the standby": observation({
        record: record({ n: 6, mode: "Closed", ready: false }),
        pods: [returned(6, 4), pod(1, { state: agentState(1, { timesten: { dbId: 4 } }) })],
        over: over0,
      }),
      "a standby that is not complete for the Pair that was left": observation({
        record: record({ n: 6, mode: "Closed", ready: false, from: 5 }),
        pods: [returned(6, 4), pod(1)],
        over: over0,
      }),
      "its last commits, maybe, where a standby that left was cut short as well": observation({
        record: record({ n: 6, mode: "Closed", ready: false, from: 5 }),
        pods: [returned(6, 4), standbyDisk({}, 0)],
        over: over0,
      }),
      "being before a standby that left the Pair with everything": observation({
        record: record({ n: 6, mode: "Closed", ready: false, from: 5 }),
        pods: [returned(6, 4), standbyDisk()],
        over: over0,
      }),
      "the standby's position": observation({
        record: record({ n: 6, mode: "Closed", ready: false, from: 5 }),
        pods: [returned(6, 4), noPod(1)],
        over: over0,
      }),
    },
  },
  {
    name: "the writer's disk goes on",
    o: observation({ record: solo(), pods: [returned(5), pod(1)], over: over0 }),
    to: solo({ n: 6, writer: b0b }),
    without: {
      "a proof": observation({ record: solo(), pods: [returned(5), pod(1)] }),
      "a loaded database": observation({ record: solo(), pods: [deadActive(), pod(1)], over: over0 }),
      "the same volume": observation({
        record: solo(),
        writerPodName: "sample-0",
        pods: [
          pod(0, {
            state: agentState(0, {
              podUID: "new",
              boot: "boot-0b",
              timesten: idleView,
              permission: { soloed: 0 },
            }),
          }),
          pod(1),
        ],
        over: over0,
      }),
      "a standby that is not complete for the Pair of an unheard Solo": observation({
        record: solo({ alt: 4 }),
        pods: [returned(5, 3), pod(1, { state: agentState(1, { permission: { completeFor: 4 } }) })],
        over: over0,
      }),
      "having written in an unheard Solo, while the standby is ahead": observation({
        record: solo({ alt: 4 }),
        pods: [returned(5, 4), pod(1, { state: agentState(1, { timesten: { dbId: 9 } }) })],
        over: over0,
      }),
    },
  },
  {
    name: "promotion after an unheard Solo",
    o: observation({
      record: solo({ n: 6, alt: 5 }),
      pods: [deadActive(0, { permission: { soloed: 4 } }), pod(1)],
      over: over0,
    }),
    to: promotion({ n: 7 }),
    without: {
      "a proof": observation({
        record: solo({ n: 6, alt: 5 }),
        pods: [deadActive(0, { permission: { soloed: 4 } }), pod(1)],
      }),
      "the writer's disk": observation({
        record: solo({ n: 6, alt: 5 }),
        pods: [noPod(0), pod(1)],
        over: over0,
      }),
      "the writer not having gone on": observation({
        record: solo({ n: 6, alt: 5 }),
        pods: [deadActive(0, { permission: { soloed: 6 } }), pod(1)],
        over: over0,
      }),
      "a standby complete for that Pair": observation({
        record: solo({ n: 6, alt: 5 }),
        pods: [
          deadActive(0, { permission: { soloed: 4 } }),
          pod(1, { state: agentState(1, { permission: { completeFor: 4 } }) }),
        ],
        over: over0,
      }),
    },
  },
  {
    name: "the standby's disk goes on",
    o: left({}),
    to: solo({ n: 7, writer: b1b }),
    without: {
      "a proof": left({ over: [] }),
      "a Pair that was left": left({ record: record({ n: 6, mode: "Closed", ready: false }) }),
      "the word of the writer's disk": left({ pods: [noPod(0), standbyDisk()] }),
      "the writer never having gone on alone": left({ pods: [returned(6, 5), standbyDisk()] }),
      "the writer's processes having died": left({ pods: [returned(6, 4, "stopped"), standbyDisk()] }),
      "having left with everything": left({ pods: [returned(6, 4), standbyDisk({}, 4)] }),
      "a life of its own since": left({ pods: [returned(6, 4), standbyDisk({ repState: "STANDBY" })] }),
      "commits that wait for the standby": left({
        pods: [returned(6, 4), standbyDisk({ usingTwosafe: false })],
      }),
      "a return service that is never given up": left({
        pods: [returned(6, 4), standbyDisk({ disableReturn: true })],
      }),
    },
  },
  {
    name: "a person's choice",
    o: prepared({}),
    to: solo({ n: 6, writer: { podUID: UID[1], boot: "boot-1b" } }),
    without: {
      "the question of a person": prepared({ state: "ManualInterventionRequired" }),
      "a proof": prepared({ over: [] }),
      "the other pod's word": prepared({ pods: [silentPod(0, 90_000), chosen()] }),
      "the other database down": prepared({ pods: [serving(5), chosen()] }),
      "a proof about what the other volume ran in a Pod deleted by force": prepared({
        pods: [
          deadActive(0, {
            endedBoots: [{ boot: "boot-f", endedAtMs: 1, how: "container restarted", podUID: "uid-forced" }],
          }),
          chosen(),
        ],
      }),
      "the scheme dropped": prepared({ pods: [deadActive(), chosen({ repScheme: "Exists" })] }),
      "the chosen pod's obedience": prepared({ pods: [deadActive(), chosen({}, 4)] }),
    },
  },
];

it("has a test for every row of the table", () => {
  expect(rows.map(row => row.name)).toEqual(transitions.map(row => row.name));
});

describe.each(rows)("$name", ({ name, o, to, without }) => {
  it("is allowed with its facts, by this row alone", () => {
    expect(whyNotAllowed(o, to)).toBeNull();
    const from = o.record?.value ?? null;
    expect(transitions.filter(row => row.form(from, to)).map(row => row.name)).toContain(name);
  });

  for (const [fact, lacking] of Object.entries(without)) {
    it(`is refused without ${fact}`, () => {
      expect(whyNotAllowed(lacking, to)).toEqual(expect.stringContaining("missing"));
    });
  }

  it("is refused for another object", () => {
    expect(whyNotAllowed(o, { ...to, objectUID: "another" })).not.toBeNull();
  });

  it("is refused with a number further on", () => {
    expect(whyNotAllowed(o, { ...to, n: to.n + 1 })).not.toBeNull();
  });
});

it("a database that writes on grants is not passed over by a first record", () => {
  const onGrants = pod(0, { state: agentState(0, { permission: { mode: "finite" } }) });
  const o = observation({ record: null, pods: [onGrants, pod(1)] });
  expect(whyNotAllowed(o, solo({ n: 6, writer: b1 }))).toContain("sample-0");
  expect(whyNotAllowed(o, solo({ n: 6 }))).toBeNull();
});

describe("what is in no row", () => {
  it.each([
    ["a Pair that begins ready", solo(), record({ n: 6 })],
    ["a Pair after Closed", record({ mode: "Closed", ready: false }), record({ n: 6, ready: false })],
    ["Closed after an ordinary Solo", solo(), solo({ n: 6, mode: "Closed" })],
    ["a promotion of a Pair that is not ready", record({ ready: false }), promotion()],
    ["a new life straight from a Pair", record(), solo({ n: 6, writer: b0b })],
    ["a promotion that claims another Pair", record(), promotion({ from: 4 })],
    ["ready taken back", record(), record({ ready: false })],
  ])("%s is refused", (_what, from, to) => {
    const o = observation({ record: from, pods: [returned(5), pod(1)], over: over0 });
    expect(whyNotAllowed(o, to)).not.toBeNull();
  });

  it("nothing but a new first record follows a record that is behind an agent", () => {
    const o = observation({ record: record({ n: 4 }) });
    expect(isBehind(o)).toBe(true);
    expect(whyNotAllowed(o, solo({ n: 5, alt: 4 }))).not.toBeNull();
    expect(whyNotAllowed(o, solo({ n: numberAboveAll(o) }))).toBeNull();
  });

  it("no first record takes the permission from a database that writes", () => {
    const o = observation({ record: null });
    expect(whyNotAllowed(o, solo({ n: 6, writer: b1 }))).toContain("sample-0");
  });
});
