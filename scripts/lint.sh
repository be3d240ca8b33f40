#!/usr/bin/env bash
# Every check that runs nothing of the product: style, types, formatting, and rules of the tree. All run; one report.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
cd "$REPO" || exit 1

interruptible
mkdir -p .build/lint
rm -f .build/lint/*

check() { step "$@" || touch ".build/lint/$1"; }

shell_syntax() {
  local file bad=0
  while read -r file; do bash -n "$file" || bad=1; done < <(
    git ls-files -co --exclude-standard -- '*.sh'
    git grep -lIE '^#!.*\bbash' -- ':!*.sh' 2>/dev/null
  )
  return "$bad"
}

types_and_form() {
  check tsc-build "types of what is built" tsc -p tsconfig.json --noEmit --emitDeclarationOnly false --declaration false
  check tsc-all "types of everything" tsc -p tsconfig.all.json
  check prettier "formatting" prettier --check --log-level warn .
  check shell "shell syntax" shell_syntax
  check tree "rules of the tree" node scripts/tree-rules.mjs
}

# eslint takes as long as all others together.
types_and_form &
check eslint "eslint" eslint --max-warnings 0 .
wait

failed=$(ls .build/lint)
[ -z "$failed" ] || fail "lint: $(echo $failed)"
say "lint: all clean"
