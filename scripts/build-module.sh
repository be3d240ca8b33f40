#!/usr/bin/env bash
# Builds the Pepr module with its manifests: scripts/build-module.sh <folder below the checkout> <operator image>
# Fails where `pepr build` only looks as if it had worked.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"
(($# == 2)) || fail "usage: scripts/build-module.sh <folder below the checkout> <operator image>"
out=$1 image=$2

# `pepr build` ends with exit code 0 and without manifests when a type is wrong or the module throws at import, and never
# when the module leaves a timer running.
LIMIT_S=${TTO_BUILD_LIMIT_S:-120}
# The Secret that carries the module may hold 1 MiB of base64; client-side `kubectl apply` takes about 196,000 bytes.
MODULE_BYTES_MAX=190000
NAME=timesten-operator

# The compiler's own words: pepr build prints them as a list of bytes.
type_errors() { tsc -p tsconfig.json --noEmit --emitDeclarationOnly false --declaration false || true; }

# `pepr build` lints every TypeScript file below the folder it runs in, which takes longer than all else and is `make lint`'s
# job: it runs on a copy of the module's own sources, with nothing for it to lint.
work=$(mktemp -d .build/module.XXXXXX)
trap 'rm -rf "$work"' EXIT
cp -a pepr.ts capabilities protocol generated package.json tsconfig.json "$work/"
ln -s ../../node_modules "$work/node_modules"
echo 'export default [{ ignores: ["**"] }];' >"$work/eslint.config.mjs"
code=0
(cd "$work" && timeout --kill-after=5 "$LIMIT_S" pepr build --custom-image "$image" --timeout 10 --rbac-mode scoped) || code=$?
((code != 124 && code != 137)) || fail "pepr build did not end within $LIMIT_S s: does the module leave a timer or connection open?"
((code == 0)) || fail "pepr build ended with exit code $code"
for file in "pepr-$NAME.js" "pepr-module-$NAME.yaml"; do
  [ -s "$work/dist/$file" ] || { type_errors; fail "pepr build made no $file: a type error, or the module throws at import"; }
done
bytes=$(gzip -c "$work/dist/pepr-$NAME.js" | wc -c)
((bytes < MODULE_BYTES_MAX)) || fail "the module is $bytes bytes gzipped, more than $MODULE_BYTES_MAX"

mkdir -p "$out"
rm -rf "$out"/pepr-* "$out/$NAME-chart"
cp -a "$work/dist"/pepr-* "$work/dist/$NAME-chart" "$out/"
echo "the module is $bytes bytes gzipped (limit $MODULE_BYTES_MAX)"
