/** The one rule of an agent without a pair (replicationTopology none). */
import { nextStandaloneStep, type StandaloneSituation } from "../../../../agent/core/standalone";
import { dbStateSchema, unknownView } from "../../../../protocol";

const loaded: StandaloneSituation = {
  boot: "boot-1",
  view: {
    ...unknownView,
    instance: "Exists",
    daemon: "Up",
    db: "Loaded",
    repScheme: "None",
    updatable: "Yes",
  },
  closed: true,
  stopping: false,
};
const step = (change: Partial<StandaloneSituation>) => nextStandaloneStep({ ...loaded, ...change });

it("opens a database that is loaded and closed", () => {
  expect(step({})).toEqual({ do: "open", why: expect.any(String) as string });
});

it("opens again what somebody closed by hand", () => {
  expect(step({ closed: false })).toMatchObject({ do: "open" });
});

it("makes sure of a database that another agent process opened", () => {
  expect(step({ closed: true, view: { ...loaded.view, open: true } })).toMatchObject({ do: "open" });
});

it("leaves an open database alone", () => {
  expect(step({ closed: false, view: { ...loaded.view, open: true } })).toBeNull();
});

it("opens nothing on its way out", () => {
  expect(step({ stopping: true })).toBeNull();
});

it("opens no database that has no life yet", () => {
  expect(step({ boot: null })).toBeNull();
});

it.each(dbStateSchema.options.filter(db => db !== "Loaded"))(
  "does nothing about a database that is %s",
  db => {
    expect(step({ view: { ...loaded.view, db } })).toBeNull();
  },
);
