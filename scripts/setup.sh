#!/usr/bin/env bash
# Makes the machine and the checkout ready: npm packages, Debian packages, and the Kubernetes parts built from Go modules.
# What is there already is used and costs nothing; the three run side by side.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"

# With IMAGE_PREFIX everything runs on a cluster of the user's, and nothing here is needed to make one.
own_cluster() { [ -n "${IMAGE_PREFIX:-}" ]; }

# Needs that no script can install for the user: name, test, where it comes from.
basic_needs() {
  local missing=()
  command -v node >/dev/null || missing+=("node 20 or later (with npm)")
  command -v npm >/dev/null || missing+=("npm")
  command -v go >/dev/null || own_cluster || missing+=("go 1.26 or later (for the local cluster)")
  command -v flock >/dev/null || missing+=("flock (package util-linux)")
  ((${#missing[@]} == 0)) || fail "please install first: $(IFS=';'; echo "${missing[*]}")"
}

# The packages of the lists that are needed here: neither installed, nor is what they bring there from elsewhere.
wanted() { sed -E 's/#.*//; /^\s*$/d' testbed/packages.txt images/packages.txt | awk '{ print $1 }' | sort -u; }
provides() { # PACKAGE: a command or file whose presence means that the package is not needed
  case $1 in
    containernetworking-plugins) ls -d /usr/lib/cni/bridge /opt/cni/bin/bridge /usr/libexec/cni/bridge 2>/dev/null ;;
    debian-archive-keyring) ls /usr/share/keyrings/debian-archive-keyring.gpg 2>/dev/null ;;
    iproute2) command -v ip ;;
    util-linux) command -v nsenter ;;
    procps) command -v ps ;;
    *) command -v "$1" ;;
  esac
}
missing_packages() {
  local package
  for package in $(wanted); do
    [ -n "$(provides "$package" || true)" ] || [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Debian starts a service as soon as its package is there; the test bed runs its own containerd and wants no other.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
)

debian() {
  local missing
  ! own_cluster || return 0
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

# Installed once per lockfile into the cache, then copied: a second checkout has them in two seconds, and the checkout's
# own folder is swapped in whole, so that what runs meanwhile never sees half of it.
install_modules() {
  local key=$1 kept=$TTO_CACHE/node_modules/$1 work=$TTO_CACHE/node_modules/.$1.$$
  if [ ! -d "$kept" ]; then
    rm -rf "$work" && mkdir -p "$work"
    cp package.json package-lock.json .npmrc "$work/"
    (cd "$work" && npm ci --no-audit --no-fund --loglevel=error)
    "$work/node_modules/.bin/node" --version
    mv -T "$work/node_modules" "$kept"
    rm -rf "$work"
  fi
  rm -rf .build/modules.new .build/modules.old
  cp -a --reflink=auto "$kept" .build/modules.new
  echo "$key" >.build/modules.new/.made-from
  [ ! -d node_modules ] || mv -T node_modules .build/modules.old
  mv -T .build/modules.new node_modules
  rm -rf .build/modules.old
}

npm_packages() {
  local key
  key=$(modules_key)
  [ "$(cat node_modules/.made-from 2>/dev/null)" = "$key" ] && return 0
  step npm "npm packages of package-lock.json" locked npm install_modules "$key"
}

go_tools() {
  ! own_cluster || return 0
  "$REPO/testbed/tools/build.sh" >/dev/null
}

interruptible
basic_needs
pids=()
npm_packages & pids+=($!)
debian & pids+=($!)
go_tools & pids+=($!)
code=0
for pid in "${pids[@]}"; do wait "$pid" || code=1; done
((code == 0)) || fail "setup did not finish; see above and .build/logs/"
