import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hierarchies, prefixes } from "../../../testbed/cgroups";
import { cutRules } from "../../../testbed/network";
import { cniConfig, containerdConfig, kubeletConfig, nodeIdentity } from "../../../testbed/node-files";
import { cacheDir, clusterPaths, projectRoot, registryDir, stateDir } from "../../../testbed/paths";
import { hostsToml, MIRRORED, writeMirrors } from "../../../testbed/registry";
import { nodePackages } from "../../../testbed/tools";

describe("paths", () => {
  test("cache and state follow their own variables, then the XDG ones, then the home", () => {
    expect(cacheDir({ TTO_CACHE: "/c" })).toBe("/c");
    expect(cacheDir({ XDG_CACHE_HOME: "/x" })).toBe("/x/timesten-operator");
    expect(cacheDir({})).toMatch(/\/\.cache\/timesten-operator$/);
    expect(stateDir({ TTO_STATE: "/s" })).toBe("/s");
    expect(stateDir({ XDG_STATE_HOME: "/x" })).toBe("/x/timesten-operator");
    expect(registryDir({ TTO_CACHE: "/c" })).toBe("/c/registry");
    expect(registryDir({ TTO_CACHE: "/c", TTO_REGISTRY: "/r" })).toBe("/r");
  });

  test("clusters of the same name in different state folders have different cgroups", () => {
    expect(clusterPaths("dev", "/a").cgroup).not.toBe(clusterPaths("dev", "/b").cgroup);
    expect(clusterPaths("dev", "/a").cgroup).toMatch(/^\/timesten-testbed-[0-9a-f]{8}\/dev$/);
  });

  test.each(["", "Upper", "a/b", "..", "-a", "a-", "a".repeat(41)])("the name %p is refused", name => {
    expect(() => clusterPaths(name, "/s")).toThrow("cluster name");
  });

  test("a state folder too long for Unix sockets is refused with what to do", () => {
    expect(() => clusterPaths("dev", `/${"x".repeat(100)}`)).toThrow("TTO_STATE");
  });

  test("the checkout is found from any folder in it, and not from outside", () => {
    expect(projectRoot(__dirname)).toBe(join(__dirname, "../../.."));
    expect(() => projectRoot("/")).toThrow("no checkout");
  });

  test("packages.txt names packages only", () => {
    expect(nodePackages()).toContain("containerd");
    for (const name of nodePackages()) expect(name).toMatch(/^[a-z0-9][a-z0-9.+-]+$/);
  });
});

describe("files of a node", () => {
  const node = nodeIdentity(3);

  test("addresses follow from the number", () => {
    expect(node).toEqual({ number: 3, name: "node-3", address: "10.251.1.3", podCidr: "10.64.3.0/24" });
    expect(() => nodeIdentity(0)).toThrow();
    expect(() => nodeIdentity(251)).toThrow();
    expect(() => nodeIdentity(1.5)).toThrow();
  });

  test("pods get addresses of the node's range", () => {
    expect(cniConfig(node)).toContain('"subnet":"10.64.3.0/24"');
  });

  test("the kubelet listens on the node's address and keeps to the node's cgroup", () => {
    const config = JSON.parse(kubeletConfig(node, "/testbed/node-3")) as Record<string, unknown>;
    expect(config).toMatchObject({
      address: "10.251.1.3",
      cgroupRoot: "/testbed/node-3",
      cgroupDriver: "cgroupfs",
    });
    // With `false` the kubelet has no disk metrics, and /stats/summary fails.
    expect(config).not.toHaveProperty("localStorageCapacityIsolation");
  });

  test("containerd takes the snapshotter and the folder of plugins that the machine has", () => {
    const config = containerdConfig("/opt/cni/bin", "native");
    expect(config).toContain('snapshotter = "native"');
    expect(config).toContain('bin_dir = "/opt/cni/bin"');
  });
});

describe("mirrors", () => {
  test("a missing image is not asked for at the real registry", () => {
    const lines = hostsToml("10.251.0.1:5000", "phx.ocir.io").split("\n");
    expect(lines[0]).toBe('server = "http://10.251.0.1:5000/v2/phx.ocir.io"');
    expect(lines[1]).toBe('[host."http://10.251.0.1:5000/v2/phx.ocir.io"]');
  });

  test("every name has a folder, all others share one", () => {
    const dir = mkdtempSync(join(tmpdir(), "mirrors-"));
    try {
      writeMirrors(dir, "h:1", ["my.registry"]);
      expect(readdirSync(dir).sort()).toEqual([...MIRRORED, "my.registry", "_default"].sort());
      expect(readFileSync(join(dir, "_default", "hosts.toml"), "utf8")).toContain("http://h:1/v2/default");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("cgroups", () => {
  const HYBRID = [
    "proc /proc proc rw 0 0",
    "tmpfs /sys/fs/cgroup tmpfs rw 0 0",
    "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0",
    "cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0",
    "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0",
    "cgroup /elsewhere/cpu cgroup rw,cpu 0 0",
    "",
  ].join("\n");

  test("hierarchies of both versions are found where they are mounted", () => {
    expect(hierarchies(HYBRID)).toEqual([
      { path: "/sys/fs/cgroup/cpu", version: 1 },
      { path: "/sys/fs/cgroup/systemd", version: 1 },
      { path: "/sys/fs/cgroup/unified", version: 2 },
    ]);
  });

  test("a path is made from the top", () => {
    expect(prefixes("/a/b/c")).toEqual(["/a", "/a/b", "/a/b/c"]);
    expect(prefixes("/")).toEqual([]);
  });
});

describe("cuts", () => {
  test("each is dropped where packets are forwarded, received and sent, in its direction only", () => {
    const rules = cutRules([{ from: "10.64.1.2", to: "10.64.2.3" }]);
    for (const hook of ["FORWARD", "INPUT", "OUTPUT"])
      expect(rules).toContain(`-A TESTBED-${hook} -s 10.64.1.2 -d 10.64.2.3 -j DROP`);
    expect(rules).not.toContain("-s 10.64.2.3");
  });

  test("none leaves empty chains", () => {
    expect(cutRules([])).not.toContain("-A");
    expect(cutRules([])).toContain(":TESTBED-FORWARD - [0:0]");
  });
});
