/**
 * Everything that is looked at in an object by itself, without a look at any other. Pure, without Pepr: the webhook and
 * the pass use the same lists. What the schema says already (types, ranges, words, most of what crosses fields and
 * may not change) is not said again, but where an object without it would break a check.
 */
import type { TimesTenClassicObject } from "../../generated/types";
import { normalObject } from "../objects/normal";
import { checkClaims } from "./claims";
import { doubtChangesOfPods } from "./changesOfPods";
import { doubtCreation } from "./creation";
import type { Check, Fault } from "./fault";
import { checkImage } from "./image";
import { doubtImageTag } from "./imageTag";
import { checkLabels } from "./labels";
import { doubtLogVolume } from "./logVolume";
import { checkHugePages, doubtMemory } from "./memory";
import { checkName, doubtName } from "./name";
import { doubtOlderWords } from "./olderWords";
import { doubtOnlyForPairs } from "./onlyForPairs";
import { checkQuantities } from "./quantities";
import { doubtState } from "./state";
import { checkStatement, doubtStatement } from "./statement";
import { checkStorageClassName } from "./storage";
import { checkTemplate, doubtTemplate } from "./template";
import { checkTemplateShape } from "./templateShape";
import { doubtTimes } from "./times";
import { checkTtspec } from "./ttspec";
import { doubtWithoutEffect } from "./withoutEffect";

/** What refuses an object, in the order of the messages. docs/reference/refusals.md lists the names. */
export const checks: Readonly<Record<string, Check>> = {
  name: checkName,
  labels: checkLabels,
  ttspec: checkTtspec,
  image: checkImage,
  storageClassName: checkStorageClassName,
  quantities: checkQuantities,
  hugePages: checkHugePages,
  statement: checkStatement,
  templateShape: checkTemplateShape,
  template: checkTemplate,
  claims: checkClaims,
};

/** What warns of something legal but doubtful. */
export const doubts: Readonly<Record<string, Check>> = {
  databaseName: doubtName,
  imageTag: doubtImageTag,
  olderWords: doubtOlderWords,
  withoutEffect: doubtWithoutEffect,
  onlyForPairs: doubtOnlyForPairs,
  logVolume: doubtLogVolume,
  times: doubtTimes,
  memory: doubtMemory,
  twosafe: doubtStatement,
  podTemplate: doubtTemplate,
  creation: doubtCreation,
  state: doubtState,
  changesOfPods: doubtChangesOfPods,
};

/**
 * @returns every fault of an object as it stands, in the order of `checks`; [] when it may be acted on
 * @throws what a check throws, which would be a bug of it
 */
export function faultsOf(object: TimesTenClassicObject): Fault[] {
  const normal = normalObject(object);
  return Object.values(checks).flatMap(check => check(normal, null));
}
