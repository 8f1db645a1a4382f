#!/bin/sh
# On the master: renews every certificate that kubeadm has made for the control plane; one that is damaged or missing is
# issued anew. Prints "changed: NAME" for each.
set -eu
config=/etc/labctl/kubeadm.yml
mkdir -p /etc/labctl
: >/etc/labctl/renewing-certificates
cd /etc/kubernetes
for authority in pki/ca pki/front-proxy-ca pki/etcd/ca; do
  [ -s "$authority.key" ] && [ -s "$authority.crt" ] && continue
  echo "/etc/kubernetes/$authority.key or .crt is missing: nothing can be renewed without it" >&2
  exit 1
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
renew() { # NAME FILE...: by kubeadm, which takes over what the old certificate says
  name=$1
  shift
  # Of a missing file kubeadm says so and is content.
  for file; do [ -s "$file" ] || return 1; done
  kubeadm certs renew "$name" --config="$config" >"$log" 2>&1
}
issue() { # PHASE FILE...: as kubeadm init does
  phase=$1
  shift
  rm -f "$@"
  # shellcheck disable=SC2086  # two words
  kubeadm init phase $phase --config="$config" >"$log" 2>&1
}
renewed() { # NAME PHASE FILE...
  name=$1 phase=$2
  shift 2
  renew "$name" "$@" || issue "$phase" "$@" || { cat "$log" >&2 && exit 1; }
  echo "changed: $name"
}
for name in apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-client; do
  renewed "$name" "certs $name" "pki/$name.crt" "pki/$name.key"
done
for name in server peer healthcheck-client; do
  renewed "etcd-$name" "certs etcd-$name" "pki/etcd/$name.crt" "pki/etcd/$name.key"
done
for name in admin controller-manager scheduler; do
  renewed "$name.conf" "kubeconfig $name" "$name.conf"
done
