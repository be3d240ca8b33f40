# Images without a docker daemon (sourced after scripts/lib.sh): a store of our own in the cache, chroot isolation.
# shellcheck shell=bash

IMAGE_STORE=$TTO_CACHE/images/store
BASE_RECIPE=$REPO/testbed/images/base.sh
BASE_IMAGE=localhost/timesten-operator-base:$(digest <"$BASE_RECIPE" | cut -c1-12)

# buildah on our own store, so that nothing mixes with the images of the user's other tools. The run root holds mount
# counts, which must not outlive a boot.
STORE=(buildah --root "$IMAGE_STORE" --runroot "/run/timesten-operator/images-$(printf %s "$IMAGE_STORE" | digest | cut -c1-12)"
  --storage-driver overlay)

# has_image NAME: whether the store has it.
has_image() { "${STORE[@]}" inspect --type image "$1" >/dev/null 2>&1; }

# ensure_base: the base image is in the store afterwards: kept from before, from its registry, or else made here.
ensure_base() {
  mkdir -p "$TTO_CACHE/images"
  ! has_image "$BASE_IMAGE" || return 0
  say "base image: asking the registry for debian:bookworm-slim"
  if timeout 180 "${STORE[@]}" pull --quiet docker.io/library/debian:bookworm-slim >/dev/null 2>"$REPO/.build/logs/base-pull.log"; then
    "${STORE[@]}" tag docker.io/library/debian:bookworm-slim "$BASE_IMAGE"
    return 0
  fi
  step base "base image: no registry answers, so it is made with mmdebstrap (about 30 s)" \
    "$BASE_RECIPE" "$BASE_IMAGE" "${STORE[@]}"
}

# build_image NAME DOCKERFILE CONTEXT KEY [ARGUMENT...]: builds into the store.
#
# The Dockerfile's first stage is called `runtime` and holds what is big and rarely changes; KEY stands for its inputs.
# It is built once and kept by name, since buildah would read its whole content again to learn that nothing changed.
build_image() {
  local name=$1 dockerfile=$2 context=$3 first last runtime
  first=$(sed '/^FROM runtime/,$d' "$dockerfile")
  last=$(sed -n '/^FROM runtime/,$p' "$dockerfile")
  runtime=localhost/timesten-runtime:$(printf '%s\n' "$first" "$BASE_IMAGE" "$4" | digest | cut -c1-16)
  shift 4
  if ! has_image "$runtime"; then
    "${STORE[@]}" bud --isolation chroot --target runtime --build-arg "BASE=$BASE_IMAGE" --tag "$runtime" --file "$dockerfile" "$context"
  fi
  printf '%s\n' "${last/#FROM runtime/FROM $runtime}" | "${STORE[@]}" bud --isolation chroot "$@" --tag "$name" --file - "$context"
  # The image that had this name before has none now.
  "${STORE[@]}" rmi --prune >/dev/null
}
