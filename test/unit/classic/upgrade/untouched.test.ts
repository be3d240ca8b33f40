/** Scenario T89 of the reference, and what else reaches the StatefulSet without being an upgrade of TimesTen. */
import { decide } from "../../../../capabilities/classic/decide/decide";
import type { TemplateFacts } from "../../../../capabilities/classic/observation";
import { observation } from "../fixtures";

const inStep: TemplateFacts = {
  images: { tt: "tt:1", agent: "operator:1", others: { app: "app:1" } },
  isAsWanted: true,
  bringsOurAgent: true,
  isObserved: true,
};
const decided = (template: TemplateFacts, strategy: "auto" | "manual" = "auto") => {
  const o = observation({ status: { upgrade: { image: "tt:1" } }, rest: { template } });
  o.object.spec.ttspec.imageUpgradeStrategy = strategy;
  return decide(o);
};

it("a template in step is left alone", () => {
  expect(decided(inStep).effects).toEqual([]);
});

describe.each([
  ["T89: the image of an application's container", { ...inStep, isAsWanted: false }],
  ["the operator's own image", { ...inStep, bringsOurAgent: false }],
  ["both", { ...inStep, isAsWanted: false, bringsOurAgent: false }],
] as const)("a change of %s", (_what, template) => {
  it.each(["auto", "manual"] as const)("reaches the template and no Pod, with strategy %s", strategy => {
    const d = decided(template, strategy);
    expect(d.effects).toEqual([{ do: "template", name: "sample", image: "tt:1" }]);
    expect(d.state).toBe("Normal");
    expect([d.recordWrite, d.commands]).toEqual([null, []]);
    expect(d.upgrade).toMatchObject({
      memory: { phase: "Idle" },
      pending: false,
      announcements: [],
      events: [],
    });
    expect(d.conditions.Upgrading).toMatchObject({ status: "False", reason: "NoUpgrade" });
  });
});
