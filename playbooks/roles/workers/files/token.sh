#!/bin/sh
# On the master: prints endpoint, join token and CA hash. The token is the one that a kubeadm init at work was given, else
# one is made that is good for TTL, and none of the NODEs counts as Ready (kubeadm join refuses the name of one that is).
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
ttl=$1
shift
token=$(sed -n 's/^- token: //p' /run/labctl/init.yml 2>/dev/null || true)
if [ -n "$token" ]; then
  sed -n 's|^ *server: https://||p' "$KUBECONFIG"
  echo "$token"
  key=$(openssl x509 -noout -pubkey -in /etc/kubernetes/pki/ca.crt)
  echo "$key" | openssl pkey -pubin -outform der | sha256sum | sed 's/^/sha256:/; s/ .*//'
  exit 0
fi
deadline=$(($(date +%s) + 180))
nodes_are_ready() { kubectl get nodes --no-headers --ignore-not-found "$@" | grep -qE '^[^ ]+ +Ready'; }
while nodes_are_ready "$@"; do
  [ "$(date +%s)" -lt "$deadline" ] || { echo "gave up after 180 s: still Ready is one of $*" >&2 && exit 1; }
  sleep 0.5
done
# kubeadm join ENDPOINT --token TOKEN --discovery-token-ca-cert-hash HASH
kubeadm token create --ttl "$ttl" --description "made by labctl for one run" --print-join-command |
  sed 's/^kubeadm join //; s/ --[a-z-]* /\n/g; s/ *$//'
