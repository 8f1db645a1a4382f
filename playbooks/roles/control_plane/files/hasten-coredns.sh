#!/bin/sh
# fast: true in the lab file: kubelet asks every second whether a CoreDNS pod is ready, not every ten (kubeadm's manifest
# names no period). Where no pod of it runs yet, those that kubeadm has asked for are replaced, and nobody waits for a
# rollout. Prints "changed: ..." when it had to.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
coredns() { kubectl --namespace kube-system "$@"; }
path='{.spec.template.spec.containers[0].readinessProbe.periodSeconds}'
[ "$(coredns get deployment coredns --output "jsonpath=$path")" != 1 ] || exit 0
patch='[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/periodSeconds", "value": 1}]'
coredns patch deployment coredns --type json --patch "$patch" | sed 's/^/changed: /'
phases=$(coredns get pods --selector k8s-app=kube-dns --output 'jsonpath={.items[*].status.phase}')
case $phases in *Running*) ;; *) coredns delete replicasets --selector k8s-app=kube-dns --wait=false >/dev/null ;; esac
