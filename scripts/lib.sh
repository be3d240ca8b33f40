# Shared by the scripts of this directory (sourced, never run): where things are kept, and how progress is told.
# shellcheck shell=bash

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything that is slow to make lives outside the checkout, keyed by version or content, so that a second clone starts in seconds.
TTO_CACHE=${TTO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/timesten-operator}
# The node of node_modules first: whatever the machine has, scripts and tests run on the pinned one.
PATH=$REPO/node_modules/.bin:$PATH
export REPO TTO_CACHE PATH
mkdir -p "$TTO_CACHE" "$REPO/.build/logs"

# Scripts started by scripts count from the first one's start.
export TTO_STARTED=${TTO_STARTED:-$EPOCHSECONDS}

# say TEXT...: one progress line with the seconds since the run began.
say() { printf '[%4ds] %s\n' $((EPOCHSECONDS - TTO_STARTED)) "$*"; }

# interruptible: Ctrl-C also ends what runs in the background; bash makes such jobs deaf to it.
interruptible() { trap 'trap "" INT TERM; kill -TERM 0; exit 130' INT; }

# fail TEXT...: an error that says what to do; ends the script.
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# heartbeat NAME LOG: says every 15 s that NAME still runs and what its log last said, as long as this script lives.
heartbeat() {
  local began=$SECONDS next=$((SECONDS + 15))
  while kill -0 $$ 2>/dev/null; do
    sleep 1 >/dev/null 2>&1
    ((SECONDS >= next)) || continue
    say "  … $1: $((SECONDS - began)) s; $(tail -n 1 "$2" | tr -d '\r' | cut -c1-120)"
    next=$((SECONDS + 15))
  done
}

# step NAME TITLE COMMAND...: runs COMMAND (a program or function) with its output in .build/logs/NAME.log and a heartbeat.
# If it fails, the end of the log is shown and its exit code returned. It runs in the foreground, so that Ctrl-C ends it.
step() {
  local name=$1 title=$2 log=$REPO/.build/logs/$1.log began=$SECONDS code options=$- beat
  shift 2
  say "$title"
  : >"$log"
  heartbeat "$name" "$log" &
  beat=$!
  set +e
  (
    [[ $options != *e* ]] || set -e
    "$@"
  ) >"$log" 2>&1
  code=$?
  [[ $options != *e* ]] || set -e
  { kill "$beat" && wait "$beat"; } 2>/dev/null || true
  if ((code != 0)); then
    printf -- '--- %s failed with exit code %d; the end of %s:\n' "$name" "$code" ".build/logs/$name.log" >&2
    tail -n 30 "$log" >&2
    return "$code"
  fi
  ((SECONDS - began < 5)) || say "  $name: done in $((SECONDS - began)) s"
}

# digest: sha256 of stdin, as 64 hex digits.
digest() { sha256sum | cut -c1-64; }

# digest_of PATH...: one sha256 over the names, modes and contents of all files under the paths, in a fixed order.
digest_of() {
  find "$@" \( -type f -o -type l \) -printf '%p\t%m\t%l\n' 2>/dev/null | LC_ALL=C sort | while IFS=$'\t' read -r path mode link; do
    if [ -n "$link" ]; then printf '%s %s -> %s\n' "$path" "$mode" "$link"; else printf '%s %s %s\n' "$path" "$mode" "$(digest <"$path")"; fi
  done | digest
}

# locked NAME COMMAND...: runs COMMAND while holding the cache's lock NAME, so that two checkouts never build the same thing at once.
locked() {
  local name=$1
  shift
  mkdir -p "$TTO_CACHE/locks"
  (
    flock -n 9 || { say "waiting for another run that holds $TTO_CACHE/locks/$name"; flock -w 1800 9 || fail "no lock $name within 30 min"; }
    "$@"
  ) 9>"$TTO_CACHE/locks/$name"
}

# modules_key: what the installed npm packages depend on: the lockfile, npm's settings, the ranges in package.json.
modules_key() {
  {
    cat "$REPO/package-lock.json" "$REPO/.npmrc"
    node -p 'const p = require(process.argv[1]); JSON.stringify([p.dependencies, p.devDependencies, p.overrides])' "$REPO/package.json"
  } | digest | cut -c1-16
}
