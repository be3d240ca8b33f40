/** What the API server asks before it stores an object. One check per file, in the order of their messages. */
import { Capability, Log } from "pepr";
import { TimesTenClassic } from "../../generated/kinds";
import type { TimesTenClassicObject } from "../../generated/types";
import { checks, doubts } from "./checks";
import { validate } from "./validate";

export const validators = new Capability({
  name: "validators",
  description: "Refuses TimesTenClassic objects that could not work, naming all their faults",
});

validators
  .When(TimesTenClassic)
  .IsCreatedOrUpdated()
  .Validate(request => {
    // The webhook is registered for this kind alone; its fields are checked one by one, whatever is there.
    const object = request.Raw as unknown as TimesTenClassicObject;
    const old = (request.OldResource ?? null) as unknown as TimesTenClassicObject | null;
    const { denial, warnings } = validate({ faults: checks, doubts }, object, old);
    if (denial === null) return request.Approve(warnings);
    Log.info({ name: object.metadata.name, namespace: object.metadata.namespace, denial }, "object refused");
    return request.Deny(denial, undefined, warnings);
  });
