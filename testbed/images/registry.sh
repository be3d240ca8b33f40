# Pushing into the test bed's registry storage (sourced after scripts/lib.sh and store.sh).
# shellcheck shell=bash
#
# All clusters serve the same storage, so an image pushed once is there for every cluster, started before or after.
# The repository of registry.local/name is registry.local/name: every registry's name is the first part of its path.

REGISTRY_STORAGE=${TTO_REGISTRY:-$TTO_CACHE/registry}

# stored_digest REFERENCE: the digest the storage has for registry/path:tag; fails when it has none.
stored_digest() { cat "$REGISTRY_STORAGE/docker/registry/v2/repositories/${1%:*}/_manifests/tags/${1##*:}/current/link" 2>/dev/null; }

# Where the registry for pushing listens: always the same port when it is free, because buildah remembers by address
# which layers a registry has; otherwise any other.
push_port() {
  node -e '
    const { createServer } = require("node:net");
    const listen = (port) => createServer().on("error", () => listen(0)).listen(port, "127.0.0.1", function () {
      console.log(this.address().port);
      this.close();
    });
    listen(15055);'
}

# start_registry: a registry of our own over the storage; REGISTRY_ADDRESS names it afterwards. It ends with this script.
start_registry() {
  local port dir tries=0 bin
  bin=$("$REPO/testbed/tools/build.sh")/registry
  port=$(push_port)
  dir=$(mktemp -d)
  mkdir -p "$REGISTRY_STORAGE"
  printf '%s\n' 'version: 0.1' 'log: {level: error, accesslog: {disabled: true}}' \
    "storage: {filesystem: {rootdirectory: \"$REGISTRY_STORAGE\"}, delete: {enabled: true}}" \
    "http: {addr: \"127.0.0.1:$port\"}" >"$dir/config.yml"
  OTEL_TRACES_EXPORTER=none "$bin" serve "$dir/config.yml" >"$dir/log" 2>&1 9>&- &
  REGISTRY_PID=$!
  # shellcheck disable=SC2064
  trap "kill $REGISTRY_PID 2>/dev/null; rm -rf '$dir'" EXIT
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$REGISTRY_PID" 2>/dev/null && ((++tries < 100)) || { cat "$dir/log" >&2; fail "the registry for pushing images did not start"; }
    sleep 0.1
  done
  REGISTRY_ADDRESS=127.0.0.1:$port
}

# push_image NAME REFERENCE: from the store to the storage; starts a registry when none runs yet.
# zstd: smaller than gzip, and nodes unpack it in half the time.
push_image() {
  [ -n "${REGISTRY_ADDRESS:-}" ] || start_registry
  "${STORE[@]}" push --quiet --tls-verify=false --compression-format zstd "$1" "docker://$REGISTRY_ADDRESS/$2"
}
