#!/bin/bash
# pid 1 of a node. Started by the hub in new mount, pid, network, uts and ipc namespaces; whoever kills it cuts the power.
#   node-init.sh NAME NODE_DIR BIN_DIR VOLUMES_DIR MIRRORS_DIR PAUSE_IMAGE ADDRESS POD_CIDR
# Says "pid N" (its id for the hub) and "runtime" (containerd answers) on stdout; reads "network" and "api" from stdin.
set -u
name=$1 dir=$2 bin=$3 volumes=$4 mirrors=$5 pause=$6 address=$7 pods=$8
read -r pid _ </proc/self/stat
echo "pid $pid"

# A file system view of its own: /run is empty at each boot, /var is the node's disk, the rest is the machine's.
mount -t proc proc /proc || exit 1
run=$dir/run
mkdir -p "$run" "$dir/var/lib" "$dir/var/log" "$dir/var/tmp"
[ -e "$dir/var/run" ] || ln -s /run "$dir/var/run"
mount -t tmpfs -o mode=755 tmpfs "$run" || exit 1
mkdir -p "$run"/testbed/{bin,node,volumes,mirrors} "$run/lock"
mount --bind "$bin" "$run/testbed/bin" && mount --bind "$volumes" "$run/testbed/volumes" &&
  mount --bind "$mirrors" "$run/testbed/mirrors" && mount --bind "$dir" "$run/testbed/node" || exit 1
cp "$pause" "$run/testbed/pause.tar"
mount --rbind "$run" /run && mount --bind /run/testbed/node/var /var || exit 1
# Volumes of pods appear in their containers only when mounts propagate below the node's root.
mount --make-rshared /
hostname "$name"
cd /
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin CONTAINERD_ADDRESS=/run/containerd/containerd.sock CONTAINERD_NAMESPACE=k8s.io
log=/run/testbed/node/log
mkdir -p "$log"

# keep NAME COMMAND...: starts it again when it ends, as an init system does.
keep() {
  local what=$1
  shift
  while :; do
    "$@" >>"$log/$what.log" 2>&1 </dev/null
    echo "$what ended ($?); starting it again" >>"$log/$what.log"
    sleep 1
  done &
}

# The hub has moved the network card in.
read -r word && [ "$word" = network ] || exit 1
ip -batch - <<X || exit 1
link set lo up
addr add $address/16 dev eth0
link set eth0 up
route add default via 10.251.0.1
X
for setting in net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables net/ipv4/conf/all/route_localnet; do
  [ ! -w /proc/sys/$setting ] || echo 1 >/proc/sys/$setting
done

keep containerd containerd --config /run/testbed/node/containerd.toml
for _ in $(seq 400); do
  [ -S "$CONTAINERD_ADDRESS" ] && ctr version >/dev/null 2>&1 && break
  sleep 0.05
done
ctr images import /run/testbed/pause.tar >>"$log/import.log" 2>&1 || exit 1
echo runtime

read -r word && [ "$word" = api ] || exit 1
exec </dev/null
keep kubelet /run/testbed/bin/kubelet --config=/run/testbed/node/kubelet.yaml --kubeconfig=/run/testbed/node/kubelet.kubeconfig \
  --hostname-override="$name" --node-ip="$address" -v=1
keep kube-proxy /run/testbed/bin/kube-proxy --kubeconfig=/run/testbed/node/kube-proxy.kubeconfig --proxy-mode=iptables \
  --hostname-override="$name" --cluster-cidr=10.64.0.0/16 --oom-score-adj=0 --conntrack-max-per-core=0 \
  --metrics-bind-address=127.0.0.1:10249 --healthz-bind-address=127.0.0.1:10256
while :; do wait; sleep 1; done
