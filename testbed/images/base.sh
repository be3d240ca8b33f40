#!/usr/bin/env bash
# Makes the Debian base image with mmdebstrap, for machines that reach Debian's archive but no image registry.
# Usage: base.sh <image name> <buildah command with its store options...>
set -euo pipefail
image=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# The two packages are what images/simulator/Dockerfile would otherwise install from within the build.
mmdebstrap --variant=minbase --include=procps,unzip --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  bookworm "$dir/base.tar"
printf 'FROM scratch\nADD base.tar /\nCMD ["/bin/bash"]\n' >"$dir/Dockerfile"
"$@" bud --isolation chroot --tag "$image" "$dir"
