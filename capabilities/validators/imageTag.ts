import { ttspecOf, type Check } from "./fault";

/** An upgrade starts when the text changes, not when the registry has something new under it. */
export const doubtImageTag: Check = object => {
  const { image } = ttspecOf(object);
  if (image === undefined || image === "" || image.includes("@")) return [];
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== "latest") return [];
  const what = tag === undefined ? "has no tag" : "has the tag latest";
  return [
    {
      path: "spec.ttspec.image",
      message: `${what}, which is not fixed: upgrades start only by a change of this text, and Pods may come to run different releases`,
    },
  ];
};
