import { ttspecOf, type Check } from "./fault";

const path = "spec.ttspec.image";

/** The grammar of github.com/distribution/reference, as the kubelet applies it. */
const DOMAIN = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?`;
const COMPONENT = String.raw`[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const TAG = String.raw`[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`;
const DIGEST = String.raw`[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}`;
const REFERENCE = new RegExp(`^(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*(?::${TAG})?(?:@${DIGEST})?$`);

/** Without an image there is no Pod; with one that cannot be read the Pods wait for ever. */
export const checkImage: Check = (object, old) => {
  const { image } = ttspecOf(object);
  if (image === undefined || image === "") {
    const had = old !== null && (ttspecOf(old).image ?? "") !== "";
    return [{ path, message: had ? "cannot be removed" : "is required" }];
  }
  return REFERENCE.test(image) ? [] : [{ path, message: `"${image}" is not a valid image reference` }];
};
