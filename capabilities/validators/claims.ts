import { isDeepStrictEqual } from "node:util";
import type { Check, Fault } from "./fault";
import { isRecord, records } from "./podTemplate";

const PATH = "spec.volumeClaimTemplates";
const RESERVED = ["tt-persistent", "tt-log"];
/** What a change of them meets, at admission and, where that was away, in the pass. */
export const CLAIMS_FIXED: Fault = {
  path: PATH,
  message: "cannot be changed: StatefulSet claims are fixed at creation",
};

/** Claims of the user's own: each with a name of its own, and, like all claims of a StatefulSet, fixed. */
export const checkClaims: Check = (object, old) => {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  for (const { index, item } of records(object.spec?.volumeClaimTemplates)) {
    const metadata = item["metadata"];
    const name = isRecord(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : "";
    const at = `${PATH}[${index}].metadata.name`;
    if (name === "") faults.push({ path: at, message: "is required" });
    else if (RESERVED.includes(name)) faults.push({ path: at, message: `${name} is reserved` });
    else if (seen.has(name)) faults.push({ path: at, message: `${name} is there twice` });
    seen.add(name);
  }
  const [now, before] = [object, old].map(one => one?.spec?.volumeClaimTemplates ?? []);
  if (old !== null && !isDeepStrictEqual(now, before)) faults.push(CLAIMS_FIXED);
  return faults;
};
