#!/usr/bin/env bash
# Builds what the demo needs (seconds when little changed) and runs it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO"

scripts/build.sh
scripts/images.sh
node scripts/run-ts.mjs demo/main.ts "$@"
