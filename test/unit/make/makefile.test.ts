import { devDependencies } from "../../../package.json";
import { run } from "./support";

const targets = [
  "help", "setup", "generate", "build", "images", "lint", "test", "demo", "cluster", "cluster-down", "clean",
]; // prettier-ignore

describe("make", () => {
  it("without a target explains every target", () => {
    const { code, out } = run("make", ["--no-print-directory"]);
    expect(code).toBe(0);
    for (const target of targets) expect(out).toMatch(new RegExp(`^  make ${target} +\\S`, "m"));
  });

  it.each(targets)("knows how to make %s", target => {
    expect(run("make", ["--dry-run", target]).code).toBe(0);
  });

  it("runs everything on the pinned node", () => {
    const { out } = run("bash", ["-c", ". scripts/lib.sh && node --version"]);
    expect(out.trim()).toBe(`v${devDependencies.node}`);
  });

  it("gives the manifests the image that IMAGE_PREFIX names", () => {
    const show = "--eval=show: ; @echo $(OPERATOR_IMAGE)";
    expect(run("make", [show, "show"], undefined, { IMAGE_PREFIX: "" }).out.trim()).toBe(
      "registry.local/timesten-operator:dev",
    );
    expect(run("make", [show, "show", "IMAGE_PREFIX=reg.example/team", "IMAGE_TAG=7"]).out.trim()).toBe(
      "reg.example/team/timesten-operator:7",
    );
  });
});
