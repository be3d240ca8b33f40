/** Images of the simulator by what they are good for, under the names of the examples (images/simulator/releases.txt). */
export const simulatorImages = {
  /** The documents' first one: TimesTen 18.1.4.4.0. */
  old: "phx.ocir.io/youraccount/tt181440:2",
  /** The documents' new one: 18.1.4.11.0. */
  new: "phx.ocir.io/youraccount/tt1814110:3",
  /** 22.1.1.7.0: no upgrade leads from 18.1 to it. */
  otherMajor: "phx.ocir.io/youraccount/tt221170:1",
  /** It tells a release, 18.1.4.12.0, and every utility of it fails. */
  broken: "phx.ocir.io/youraccount/tt1814120:1",
  /** There is none of that name. */
  absent: "phx.ocir.io/youraccount/tt1814110:absent",
} as const;

/** Tags of `timesten-simulator` where the images are pushed to a registry of the user's (IMAGE_PREFIX). */
export const simulatorTags: readonly (readonly [image: string, tag: string])[] = [
  [simulatorImages.old, "18.1.4.4.0"],
  [simulatorImages.new, "18.1.4.11.0"],
  [simulatorImages.otherMajor, "22.1.1.7.0"],
  [simulatorImages.broken, "18.1.4.12.0-broken"],
];
