#!/bin/bash
# Builds the helper of guard and witness: a static program, from this folder alone (no modules).
#
#   agent/helper/build.sh   prints the path of the binary on stdout, progress on stderr
#
# It lies in ${TTO_CACHE:-${XDG_CACHE_HOME:-~/.cache}/timesten-operator}/helper/<hash of sources and Go version>/tthelper.
# Exit code 3: there is no Go here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

command -v go >/dev/null || exit 3
key=$({ go env GOVERSION; cat build.sh go.mod ./*.go; } | sha256sum | cut -c1-16)
cache=${TTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/timesten-operator}/helper
out=$cache/$key/tthelper
if [ ! -x "$out" ]; then
  echo "building the helper of guard and witness" >&2
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$work/tthelper" . >&2
  # Another build of the same may have been quicker.
  chmod 0755 "$work"
  mv -T "$work" "$cache/$key" 2>/dev/null || [ -x "$out" ]
  trap - EXIT
  rm -rf "$work"
fi
echo "$out"
