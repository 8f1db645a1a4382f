#!/bin/sh
# On the master: makes a join token that is good for TTL, and waits until it can be used and until none of the NODEs
# counts as Ready any more (kubeadm join refuses the name of a node that is). Prints endpoint, token and CA hash.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
ttl=$1
shift
# kubeadm join ENDPOINT --token TOKEN --discovery-token-ca-cert-hash HASH
join=$(kubeadm token create --ttl "$ttl" --description "made by labctl for one run" --print-join-command)
token=$(echo "$join" | cut -d ' ' -f 5)
deadline=$(($(date +%s) + 180))
wait_until() {
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || { echo "gave up after 180 s: $1" >&2 && exit 1; }
    sleep 0.3
  done
}
# A join that asks before the controller manager has signed the token asks again only after five seconds.
token_is_signed() {
  kubectl --namespace kube-public get configmap cluster-info --output yaml | grep -q "jws-kubeconfig-${token%%.*}:"
}
nodes_are_not_ready() { ! kubectl get nodes --no-headers --ignore-not-found "$@" | grep -qE '^[^ ]+ +Ready'; }
wait_until token_is_signed
wait_until nodes_are_not_ready "$@"
echo "$join" | cut -d ' ' -f 3
echo "$token"
echo "$join" | cut -d ' ' -f 7
