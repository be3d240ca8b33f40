/**
 * The TimesTenClassic object as plain types, without Pepr: what pure code and the engine use. The shapes of spec and
 * status come from the CRD (openapi.d.ts); only the names are given here.
 */
import type { KubeObject, Resource } from "../capabilities/runtime/ports";
import type { components } from "./openapi";

type Schema = components["schemas"]["TimesTenClassic"];

export type TimesTenClassicSpec = Schema["spec"];
export type TtSpec = TimesTenClassicSpec["ttspec"];
export type TimesTenClassicStatus = NonNullable<Schema["status"]>;
export type HighLevelState = NonNullable<TimesTenClassicStatus["highLevelState"]>;
/** One entry of status.podStatus. */
export type PodStatusEntry = NonNullable<TimesTenClassicStatus["podStatus"]>[number];
export type ClassicUpgradeStatus = NonNullable<TimesTenClassicStatus["classicUpgradeStatus"]>;
/** status.upgrade: times are RFC 3339 in UTC with milliseconds. */
export type UpgradeStatus = NonNullable<TimesTenClassicStatus["upgrade"]>;
export type LastUpgrade = NonNullable<TimesTenClassicStatus["lastUpgrade"]>;
/** Shape of metav1.Condition. */
export type Condition = NonNullable<TimesTenClassicStatus["conditions"]>[number];
/** status.lastFailover: times are RFC 3339 in UTC with milliseconds. */
export type LastFailover = NonNullable<TimesTenClassicStatus["lastFailover"]>;
/** One entry of status.decisions. */
export type DecisionEntry = NonNullable<TimesTenClassicStatus["decisions"]>[number];
/** The most entries status.decisions may hold. */
export const MAX_DECISIONS = 20;

export interface TimesTenClassicObject extends KubeObject {
  spec: TimesTenClassicSpec;
  status?: TimesTenClassicStatus;
}

export const TIMESTEN_GROUP = "timesten.oracle.com";
/** Place of the kind in the API. */
export const timesTenClassicResource: Resource = {
  group: TIMESTEN_GROUP,
  version: "v1",
  plural: "timestenclassics",
  kind: "TimesTenClassic",
  namespaced: true,
};
