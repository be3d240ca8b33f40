#!/bin/bash
# Builds a static program from one folder of Go files without modules of others.
#
#   scripts/build-go.sh FOLDER PROGRAM   prints the path of the binary on stdout, progress on stderr
#
# It lies in ${TTO_CACHE:-${XDG_CACHE_HOME:-~/.cache}/timesten-operator}/go/<hash of sources and Go version>/PROGRAM.
# Exit code 3: there is no Go here.
set -euo pipefail
program=$2
build=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$build")/../$1"

command -v go >/dev/null || exit 3
key=$({ go env GOVERSION; cat "$build" go.mod ./*.go; } | sha256sum | cut -c1-16)
cache=${TTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/timesten-operator}/go
out=$cache/$key/$program
if [ ! -x "$out" ]; then
  echo "building $program" >&2
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$work/$program" . >&2
  # Another build of the same may have been quicker.
  chmod 0755 "$work"
  mv -T "$work" "$cache/$key" 2>/dev/null || [ -x "$out" ]
  trap - EXIT
  rm -rf "$work"
fi
echo "$out"
