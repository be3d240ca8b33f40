/** What the operator writes into an object before it is stored: defaults that people want to see, one per file. */
import { Capability } from "pepr";
import { TimesTenClassic } from "../../generated/kinds";
import type { TtSpec } from "../../generated/types";
import { addedDefaults, type Default } from "./default";
import { defaultImageUpgradeStrategy } from "./imageUpgradeStrategy";

export const defaults: readonly Default[] = [defaultImageUpgradeStrategy];

export const mutators = new Capability({
  name: "mutators",
  description: "Writes defaults into TimesTenClassic objects",
});

mutators
  .When(TimesTenClassic)
  .IsCreatedOrUpdated()
  .Mutate(request => {
    const spec = request.Raw.spec as { ttspec?: Partial<TtSpec> | null } | null | undefined;
    // Without a ttspec the object is refused; there is nothing to complete.
    if (!spec?.ttspec || request.Raw.metadata?.deletionTimestamp) return;
    const added = addedDefaults(defaults, spec.ttspec);
    if (Object.keys(added).length > 0) Object.assign(spec.ttspec, added);
  });
