/** The kind as Pepr knows it: registration is by class name, process-wide. Hand-written over openapi.d.ts. */
import { RegisterKind, a } from "pepr";
import { timesTenClassicResource, type TimesTenClassicSpec, type TimesTenClassicStatus } from "./types";

export class TimesTenClassic extends a.GenericKind {
  declare spec: TimesTenClassicSpec;
  declare status?: TimesTenClassicStatus;
}

RegisterKind(TimesTenClassic, {
  group: timesTenClassicResource.group,
  version: timesTenClassicResource.version,
  kind: timesTenClassicResource.kind,
  plural: timesTenClassicResource.plural,
});
