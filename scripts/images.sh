#!/usr/bin/env bash
# Builds the images and puts them where clusters find them.
#
# Without IMAGE_PREFIX: with buildah into the local registry's storage, from which the test bed's nodes pull.
# With IMAGE_PREFIX=registry/path: with docker, podman or buildah, pushed to IMAGE_PREFIX/<name>:<tag> (see --help of make).
# An image whose inputs have not changed is neither built nor pushed again.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$REPO/testbed/images/store.sh"
. "$REPO/testbed/images/registry.sh"
cd "$REPO"

# Which images: all, or those of IMAGES="operator" or IMAGES="simulator".
wanted=${IMAGES:-operator simulator}
bundles=${wanted/operator/agent}
wants() { [[ " $wanted " == *" $1 "* ]]; }

releases() { ! wants simulator || sed -E 's/#.*//; /^\s*$/d' images/simulator/releases.txt; }

# inputs IMAGE: one digest over all that goes into the image but the base.
inputs() {
  case $1 in
    operator) { cat images/operator/* | digest; cat dist/images/operator/.key; cat dist/images/operator/agent/* | digest; } | digest ;;
    simulator-*) { digest <images/simulator/Dockerfile; node --version; cat "dist/images/$1"/*.zip | digest; } | digest ;;
  esac
}

# runtime_key IMAGE: what the Dockerfile's first stage depends on besides its own text.
runtime_key() { if [ "$1" = operator ]; then cat dist/images/operator/.key; else node --version; fi; }

# build_tool: the first of docker, podman and buildah that works here (a docker client may be there without its daemon).
build_tool() {
  local tool
  for tool in docker podman buildah; do
    ! timeout 20 "$tool" info >/dev/null 2>&1 || { echo "$tool"; return 0; }
  done
  fail "IMAGE_PREFIX needs docker, podman or buildah; none of them works here (try: docker info)"
}

# To a registry of the user's.
to_user_registry() {
  local tool image reference build=build
  tool=$(build_tool)
  [ "$tool" != buildah ] || build=bud
  user_image() { # NAME:TAG DOCKERFILE CONTEXT ARGUMENT...
    reference=$IMAGE_PREFIX/$1
    step "$tool-${1%%:*}" "$reference" "$tool" "$build" "${@:4}" -t "$reference" -f "$2" "$3"
    step "push-${1%%:*}" "pushing $reference" "$tool" push "$reference"
  }
  ! wants operator || user_image "timesten-operator:${IMAGE_TAG:-dev}" images/operator/Dockerfile dist/images/operator
  while read -r image _; do
    user_image "timesten-simulator:$image" images/simulator/Dockerfile "dist/images/simulator-$image" --build-arg "TT_RELEASE=$image"
  done < <(releases)
}

# local_image IMAGE DOCKERFILE REFERENCES BUILD_ARGUMENT...: builds and pushes unless the stamp says it is all there.
local_image() {
  local image=$1 dockerfile=$2 references=$3 stamp=$TTO_CACHE/images/pushed/$1 now reference
  shift 3
  now="$(inputs "$image") $BASE_IMAGE"
  stamp_text() { echo "$now"; for reference in $references; do echo "$reference $(stored_digest "$reference")"; done; }
  if [ "$(cat "$stamp" 2>/dev/null)" = "$(stamp_text)" ]; then
    say "$image: unchanged"
    return 0
  fi
  ensure_base
  step "image-$image" "$image: building" build_image "localhost/timesten-$image" "$dockerfile" "dist/images/$image" "$(runtime_key "$image")" "$@"
  for reference in $references; do
    say "$image: pushing $reference"
    push_image "localhost/timesten-$image" "$reference" >"$REPO/.build/logs/push.log" 2>&1 || { cat "$REPO/.build/logs/push.log" >&2; fail "pushing $reference"; }
  done
  mkdir -p "$(dirname "$stamp")"
  stamp_text >"$stamp"
}

# Nodes keep an image they have (IfNotPresent), so beside `dev` it gets a tag of its content: dist/images.json names it,
# for whoever rolls out a rebuilt operator in a running cluster.
operator_image() {
  local tag
  tag=$(inputs operator | cut -c1-12)
  local_image operator images/operator/Dockerfile "registry.local/timesten-operator:dev registry.local/timesten-operator:$tag"
  printf '{"operator":"registry.local/timesten-operator:%s"}\n' "$tag" >dist/images.json
}

to_local_registry() {
  [ "$(id -u)" = 0 ] || fail "images for the local cluster are built as root (sudo make images); or set IMAGE_PREFIX=<your registry/path> to build with docker"
  command -v buildah >/dev/null || fail "buildah is missing: run make setup as root, or set IMAGE_PREFIX=<your registry/path>"
  local release others
  ! wants operator || operator_image
  while read -r release others; do
    local_image "simulator-$release" images/simulator/Dockerfile "registry.local/timesten-simulator:$release $others" --build-arg "TT_RELEASE=$release"
  done < <(releases)
}

all() {
  node scripts/bundle.mjs $bundles
  scripts/image-contexts.sh $wanted
  if [ -n "${IMAGE_PREFIX:-}" ]; then to_user_registry; else to_local_registry; fi
}

locked images all
say "images are ready"
