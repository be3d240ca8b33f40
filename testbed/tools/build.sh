#!/bin/bash
# Builds the Go programs of the local cluster from their pinned modules, once per set of versions.
#
#   testbed/tools/build.sh          prints the directory with the binaries on stdout, progress on stderr
#   testbed/tools/build.sh --where  prints the directory only, built or not
#
# The directory is ${TTO_CACHE:-${XDG_CACHE_HOME:-~/.cache}/timesten-operator}/bin/<hash of modules, this script and the
# Go version>, so another checkout of the same versions starts at once. Callers at the same time wait for one another.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
say() { printf '%s\n' "$*" >&2; }

if ! command -v go >/dev/null; then
  say "testbed: Go is not on the PATH; the local cluster is built from Go modules."
  say "         Install Go 1.26 or newer (https://go.dev/dl/), or give a cluster of your own by KUBECONFIG=..."
  exit 1
fi

tools=(kubernetes etcd coredns registry pause probe)
key=$({ go env GOVERSION GOOS GOARCH; cat build.sh; for t in "${tools[@]}"; do cat "$t/go.mod"; cat "$t/go.sum" "$t"/*.go 2>/dev/null || true; done; } | sha256sum | cut -c1-16)
cache=${TTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/timesten-operator}/bin
out=$cache/$key
# The time of the last use decides what is deleted below; another user's cache may not be ours to touch.
if [ -f "$out/.complete" ]; then touch "$out/.complete" 2>/dev/null || true; echo "$out"; exit 0; fi
if [ "${1:-}" = --where ]; then echo "$out"; exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/.lock"
if ! flock -n 9; then say "testbed: another process builds the Go programs; waiting for it"; flock 9; fi
if [ -f "$out/.complete" ]; then echo "$out"; exit 0; fi

# Only the holder of the lock makes these, so what lies here was left by a build that was killed.
rm -rf "$cache"/.building.*
work=$cache/.building.$$
mkdir -p "$work"
job=
trap '[ -z "$job" ] || kill "$job" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# build <what> <module> <go build arguments...>: compiles with a progress line every ten seconds.
build() {
  local what=$1 module=$2 began=$SECONDS pid log="$work/$1.log"
  shift 2
  ( cd "$module" && exec env CGO_ENABLED=0 go build -v -trimpath -buildvcs=false "$@" ) >"$log" 2>&1 9>&- &
  pid=$! job=$!
  local beat=0
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    beat=$((beat + 1))
    if [ $((beat % 50)) = 0 ]; then
      say "testbed:   $what: $(grep -vc '^go: ' "$log" || true) packages compiled now (others are cached), $((SECONDS - began)) s"
    fi
  done
  if ! wait "$pid"; then
    say "testbed: building $what failed:"
    grep -E '^(go: [^d]|#|.*\.go:|.*(error|cannot))' "$log" | tail -20 >&2 || tail -20 "$log" >&2
    exit 1
  fi
  job=
  say "testbed:   $what built in $((SECONDS - began)) s"
}

# Without these the servers call themselves v0.0.0-master and clients that compare versions break.
version=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' kubernetes/go.mod)
minor=${version#v1.}; minor=${minor%%.*}
stamp=()
for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamp+=("-X $p.gitVersion=$version" "-X $p.gitMajor=1" "-X $p.gitMinor=$minor" "-X $p.gitTreeState=clean"
    "-X $p.gitCommit=0000000000000000000000000000000000000000" "-X $p.buildDate=1970-01-01T00:00:00Z")
done

say "testbed: building Kubernetes $version, etcd, CoreDNS and the registry from their Go modules into $out"
say "testbed: once per set of versions; five to eight minutes on two cores the first time"
strip="-s -w"
build pause pause -ldflags "$strip" -o "$work/pause" .
build probe probe -ldflags "$strip" -o "$work/probe" .
build etcd etcd -ldflags "$strip" -o "$work/etcd" go.etcd.io/etcd/server/v3
build registry registry -ldflags "$strip" -o "$work/registry" .
build coredns coredns -ldflags "$strip" -o "$work/coredns" .
kube=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl)
build kubernetes kubernetes -ldflags "$strip ${stamp[*]}" -o "$work/" "${kube[@]/#/k8s.io/kubernetes/cmd/}"

rm -f "$work"/*.log
touch "$work/.complete"
rm -rf "$out"
mv "$work" "$out"
# Versions that nobody has used for a month go.
find "$cache" -mindepth 2 -maxdepth 2 -name .complete -mtime +30 -printf '%h\0' | xargs -0 -r rm -rf
# With sudo -E the cache is the calling user's.
if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$(dirname "$cache")"; fi
say "testbed: the Go programs are ready ($((SECONDS)) s in all)"
echo "$out"
