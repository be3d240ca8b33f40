#!/usr/bin/env bash
# Builds everything that is not an image into dist/: the bundles of agent and simulator, the Pepr module, and in
# dist/deploy/ the manifests to install it. OPERATOR_IMAGE is the name they give to the operator's image.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"
OPERATOR_IMAGE=${OPERATOR_IMAGE:-registry.local/timesten-operator:dev}

# Each build of the module makes a new certificate, which restarts the operator: it is built only when its inputs changed.
module_inputs() {
  {
    echo "$OPERATOR_IMAGE"
    digest_of pepr.ts capabilities protocol generated package.json package-lock.json tsconfig.json scripts/build-module.sh
  } | digest
}

build_module() {
  local inputs
  inputs=$(module_inputs)
  if [ "$(cat dist/.module-inputs 2>/dev/null)" = "$inputs" ] && [ -s dist/pepr-module-timesten-operator.yaml ]; then
    say "the Pepr module is up to date"
    return 0
  fi
  rm -f dist/.module-inputs
  step module "building the Pepr module for $OPERATOR_IMAGE" scripts/build-module.sh dist "$OPERATOR_IMAGE"
  say "  $(tail -n 1 .build/logs/module.log)"
  echo "$inputs" >dist/.module-inputs
}

mkdir -p dist
step bundle "bundling agent and simulator" node scripts/bundle.mjs
build_module
step deploy "manifests in dist/deploy/" node scripts/render-deploy.mjs
say "dist/ is ready"
