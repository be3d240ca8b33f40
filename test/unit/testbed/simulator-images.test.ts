import { readFileSync } from "node:fs";
import { join } from "node:path";
import { simulatorImages, simulatorTags } from "../../../testbed/simulator-images";

it("the simulator's images are those that `make images` builds, but the one that shall not exist", () => {
  const file = join(__dirname, "../../../images/simulator/releases.txt");
  const built = readFileSync(file, "utf8")
    .split("\n")
    .map(line => line.replace(/#.*/, "").trim())
    .filter(line => line !== "")
    .map(line => line.split(/\s+/));
  expect(built).toEqual(simulatorTags.map(([image, tag]) => [tag, image]));
  const { absent, ...there } = simulatorImages;
  expect(Object.values(there).sort()).toEqual(built.map(([, image]) => image).sort());
  expect(built.flat()).not.toContain(absent);
});
