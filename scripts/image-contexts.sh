#!/usr/bin/env bash
# Fills the build contexts of the images under dist/images/, from which docker, podman or buildah build them:
# operator, and simulator-<release> for each release of images/simulator/releases.txt.
# `<release>-broken` is a distribution whose utilities fail, for tests of upgrades.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"

runtime_key() { { modules_key; digest <scripts/image-contexts.sh; } | digest | cut -c1-16; }

# What only Pepr's command line uses: half of the image.
CLI_ONLY=(typescript @ts-morph tsx esbuild @esbuild prettier eslint @eslint @typescript-eslint)

# Runtime packages only: what Pepr's controller and the module find beside them. What only people read is left out too.
install_runtime() {
  local work=$TTO_CACHE/runtime/.$1.$$
  rm -rf "$work" && mkdir -p "$work"
  cp package.json package-lock.json .npmrc "$work/"
  (
    cd "$work"
    npm ci --omit=dev --omit=peer --ignore-scripts --no-audit --no-fund --loglevel=error
    rm -rf "${CLI_ONLY[@]/#/node_modules/}"
    find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete
    find node_modules -type l ! -exec test -e {} \; -delete
    # Loads everything the controller and the module load.
    node -e 'require("pepr"); import("@kubernetes/client-node").then(() => import("kubernetes-fluent-client"))'
  )
  mv -T "$work/node_modules" "$TTO_CACHE/runtime/$1" 2>/dev/null || true
  rm -rf "$work"
}

operator_context() {
  local key context=dist/images/operator
  key=$(runtime_key)
  [ -d "$TTO_CACHE/runtime/$key" ] || step runtime "runtime packages of package-lock.json for the operator image" locked runtime install_runtime "$key"
  if [ "$(cat "$context/.key" 2>/dev/null)" != "$key" ]; then
    rm -rf "$context"
    mkdir -p "$context/app"
    cp -a --reflink=auto "$TTO_CACHE/runtime/$key" "$context/app/node_modules"
    cp --reflink=auto node_modules/node/bin/node "$context/node"
    printf '.key\n.dockerignore\n' >"$context/.dockerignore"
    echo "$key" >"$context/.key"
  fi
  install -m 0644 images/operator/pass-signals.cjs "$context/pass-signals.cjs"
  mkdir -p "$context/agent"
  install -m 0644 dist/agent/agent.cjs "$context/agent/agent.cjs"
  rm -f "$context/agent.cjs" "$context/agent/tthelper"
  local helper
  if helper=$(scripts/build-go.sh agent/helper tthelper); then
    install -m 0755 "$helper" "$context/agent/tthelper"
  else
    say "no Go here: the image has no tthelper, guard and witness will look at /proc instead of holding processes"
  fi
}

# The distribution as TimesTen's is packed: a zip named by the release without dots, holding tt<release>/.
simulator_context() {
  local release=${1%-broken} context=dist/images/simulator-$1 work flags=()
  [ "$release" = "$1" ] || flags=(-broken)
  mkdir -p "$context"
  cmp -s node_modules/node/bin/node "$context/node" || cp --reflink=auto node_modules/node/bin/node "$context/node"
  # The client and the writer of demo and tests run from the image too, without an instance.
  install -m 0644 dist/simulator/simulator.cjs "$context/simulator.cjs"
  rm -f "$context"/*.zip
  local launcher
  if launcher=$(scripts/build-go.sh simulator/launcher ttsim); then
    flags+=(-launcher "$launcher")
  else
    say "no Go here: the simulator's utilities are each a Node of their own, and slow"
  fi
  work=$(mktemp -d)
  node dist/simulator/simulator.cjs makeDistribution -release "$release" -directory "$work" "${flags[@]}" \
    -zip "$PWD/$context/timesten${release//./}.server.linux8664.zip" >/dev/null
  rm -rf "$work"
}

if [ $# = 0 ] || [[ " $* " == *" operator "* ]]; then operator_context; fi
if [ $# = 0 ] || [[ " $* " == *" simulator "* ]]; then
  while read -r release _; do simulator_context "$release"; done < <(sed -E 's/#.*//; /^\s*$/d' images/simulator/releases.txt)
fi
