#!/usr/bin/env bash
# Builds everything that is not an image into dist/: the bundles of agent and simulator, and the Pepr module with its
# manifests. OPERATOR_IMAGE is the name that the manifests give to the operator's image.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"

# `pepr build` ends with exit code 0 and without manifests when the module throws at import, and never when the module
# leaves a timer running; client-side `kubectl apply` refuses a module of more than about 196,000 bytes.
LIMIT_S=120
MODULE_BYTES_MAX=190000
MODULE=dist/pepr-timesten-operator.js
MANIFESTS=dist/pepr-module-timesten-operator.yaml
OPERATOR_IMAGE=${OPERATOR_IMAGE:-registry.local/timesten-operator:dev}

SOURCES=(pepr.ts capabilities protocol generated package.json package-lock.json tsconfig.json)

# `pepr build` lints every TypeScript file below the folder it runs in, which takes longer than all else and is `make lint`'s
# job: it runs on a copy of the module's own sources, with nothing for it to lint.
build_module() {
  local work=.build/module code=0 bytes
  rm -rf "$work"
  mkdir -p "$work"
  cp -a "${SOURCES[@]}" "$work/"
  ln -s ../../node_modules "$work/node_modules"
  echo 'export default [{ ignores: ["**"] }];' >"$work/eslint.config.mjs"
  (cd "$work" && timeout --kill-after=5 "$LIMIT_S" pepr build --custom-image "$OPERATOR_IMAGE" --timeout 10 --rbac-mode scoped) || code=$?
  ((code != 124 && code != 137)) || { echo "pepr build did not end within $LIMIT_S s: a module-level timer or open handle?"; return 1; }
  ((code == 0)) || return "$code"
  for file in "$MODULE" "$MANIFESTS"; do
    [ -s "$work/$file" ] || { sed -n '/error TS/p' <(module_types); echo "pepr build made no $(basename "$file"): a type error, or the module throws at import"; return 1; }
  done
  bytes=$(gzip -c "$work/$MODULE" | wc -c)
  ((bytes < MODULE_BYTES_MAX)) || { echo "the module is $bytes bytes gzipped, more than $MODULE_BYTES_MAX"; return 1; }
  echo "the module is $bytes bytes gzipped (limit $MODULE_BYTES_MAX)"
}

# The compiler's own words: pepr build prints them as a list of bytes.
module_types() { tsc -p tsconfig.json --noEmit --emitDeclarationOnly false --declaration false || true; }

# What the module is made from. Its manifests hold a new certificate after each build, so it is only built when that changed.
module_inputs() { { echo "$OPERATOR_IMAGE"; digest_of "${SOURCES[@]}" scripts/build.sh; } | digest; }

mkdir -p dist
step bundle "bundling agent and simulator" node scripts/bundle.mjs
inputs=$(module_inputs)
if [ "$(cat dist/.module-inputs 2>/dev/null)" = "$inputs" ] && [ -s "$MODULE" ] && [ -s "$MANIFESTS" ]; then
  say "the Pepr module is up to date"
else
  step pepr "building the Pepr module for $OPERATOR_IMAGE" locked "pepr-$(printf %s "$REPO" | digest | cut -c1-12)" build_module
  tail -n 1 .build/logs/pepr.log
  rm -rf dist/.module-inputs dist/timesten-operator-chart dist/pepr-*
  cp -a .build/module/dist/pepr-* .build/module/dist/timesten-operator-chart dist/
  echo "$inputs" >dist/.module-inputs
fi
step deploy "manifests in dist/deploy/" node scripts/render-deploy.mjs
say "dist/ is ready"
