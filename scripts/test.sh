#!/usr/bin/env bash
# Runs checks and tests, each suite as a jest run of its own, and adds them up: scripts/test.sh [suite...]
# Without arguments: set-up, drift of generated files, lint, then all suites. The last line is `N passed, N failed`.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO" || exit 1

results=$REPO/.build/test
rm -rf "$results"
mkdir -p "$results"

# A step that is no jest run; when it fails the run goes on, and its text counts as one failure.
must() { # NAME TEXT COMMAND...
  local name=$1 text=$2
  shift 2
  "$@" || { echo "$text" >"$results/$name.failed"; return 1; }
}

has_tests() { [ -d "test/$1" ] && [ -n "$(find "test/$1" -name '*.test.ts' -print -quit)" ]; }

# suite NAME LIMIT_S JEST_ARGUMENT...: `timeout` bounds the whole run; a test has its own limits besides.
suite() {
  local name=$1 limit=$2 began=$SECONDS code=0
  shift 2
  has_tests "$name" || { say "test/$name: has no tests"; return 0; }
  say "test/$name"
  # A socket or timer that a test leaves open is that test's fault, but must not hold up the run: --forceExit.
  timeout --foreground --kill-after=30 "$limit" jest "test/$name" --json --outputFile="$results/$name.json" --forceExit "$@" || code=$?
  if ((code == 124 || code == 137)); then echo "not finished within $limit s" >"$results/$name.failed"; fi
  # Jest's own result tells the failures; without one the run itself broke.
  [ -s "$results/$name.json" ] || [ -e "$results/$name.failed" ] || echo "jest ended with exit code $code and no result" >"$results/$name.failed"
  say "test/$name: $((SECONDS - began)) s"
}

prepare_cluster() {
  must build "make build failed; see .build/logs/" scripts/build.sh || return 1
  [ "$(id -u)" = 0 ] || return 0
  must images "make images failed; see .build/logs/" scripts/images.sh
}

run_suite() {
  case $1 in
    unit) suite unit 900 --maxWorkers=100% ;;
    model) suite model 600 --maxWorkers=100% ;;
    world) suite world 1200 --maxWorkers=100% ;;
    cluster) ! has_tests cluster || prepare_cluster && suite cluster 2100 --runInBand ;;
    *) fail "no suite $1; there are: unit model world cluster" ;;
  esac
}

must setup "make setup failed" scripts/setup.sh || { node scripts/summary.mjs "$results" 2>/dev/null || echo "0 passed, 1 failed"; exit 1; }

if [ $# = 0 ]; then
  must generated "generated/ is not what crds/ say; run make generate" step generate "generated files" node scripts/generate.mjs --check
  must lint "make lint failed" scripts/lint.sh
  set -- unit model world cluster
fi
for name in "$@"; do run_suite "$name"; done
say "all suites ran"
node scripts/summary.mjs "$results"
