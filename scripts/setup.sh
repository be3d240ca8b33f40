#!/usr/bin/env bash
# Makes the machine and the checkout ready: npm packages, Debian packages, and the Kubernetes parts built from Go modules.
# What is there already is used and costs nothing; the three run side by side.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"

# Needs that no script can install for the user: name, test, where it comes from.
basic_needs() {
  local missing=()
  command -v node >/dev/null || missing+=("node 20 or later (with npm)")
  command -v npm >/dev/null || missing+=("npm")
  command -v go >/dev/null || [ "${TTO_NO_CLUSTER:-}" ] || missing+=("go 1.26 or later (for the local cluster)")
  command -v flock >/dev/null || missing+=("flock (package util-linux)")
  ((${#missing[@]} == 0)) || fail "please install first: $(IFS=';'; echo "${missing[*]}")"
}

# Packages wanted: lines "package command" of the lists; a package is missing when neither it nor its command is there.
wanted() { sed -E 's/#.*//; /^\s*$/d' "$REPO/testbed/packages.txt" "$REPO/images/packages.txt" 2>/dev/null; }
missing_packages() {
  local package command
  wanted | while read -r package command _; do
    [ -z "$command" ] || ! { command -v "$command" >/dev/null || [ -e "$command" ]; } || continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done | sort -u
}

install_packages() {
  local policy=/usr/sbin/policy-rc.d code=0
  # Debian starts a service as soon as its package is there; the test bed runs its own containerd and wants no other.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  else policy=; fi
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } || code=$?
  [ -z "$policy" ] || rm -f "$policy"
  return "$code"
}

debian() {
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} > 0)) || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    step apt "Debian packages: ${missing[*]}" locked apt install_packages "${missing[@]}"
  else
    say "for images and the local cluster's nodes these are missing; without them their tests and the demo cannot run here:"
    echo "    sudo apt-get install --no-install-recommends ${missing[*]}"
    echo "    (or run make as root on Debian or Ubuntu, or use a cluster of your own: KUBECONFIG=… IMAGE_PREFIX=…)"
  fi
}

modules_key() { cat package.json package-lock.json .npmrc | digest | cut -c1-16; }

install_modules() {
  local key=$1 kept=$TTO_CACHE/node_modules/$1
  if [ -d "$kept" ]; then
    rm -rf node_modules
    cp -a --reflink=auto "$kept" node_modules
  else
    npm ci --no-audit --no-fund --loglevel=error
    mkdir -p "$TTO_CACHE/node_modules"
    rm -rf "$kept.tmp.$$"
    cp -a --reflink=auto node_modules "$kept.tmp.$$"
    mv -T "$kept.tmp.$$" "$kept" 2>/dev/null || rm -rf "$kept.tmp.$$"
  fi
  node_modules/.bin/node --version
  echo "$key" >node_modules/.made-from
}

npm_packages() {
  local key
  key=$(modules_key)
  [ "$(cat node_modules/.made-from 2>/dev/null)" = "$key" ] && return 0
  step npm "npm packages of package-lock.json" install_modules "$key"
}

go_tools() {
  [ -z "${TTO_NO_CLUSTER:-}" ] || return 0
  "$REPO/testbed/tools/build.sh"
}

basic_needs
pids=()
npm_packages & pids+=($!)
debian & pids+=($!)
go_tools & pids+=($!)
code=0
for pid in "${pids[@]}"; do wait "$pid" || code=1; done
((code == 0)) || fail "setup did not finish; see above and .build/logs/"
