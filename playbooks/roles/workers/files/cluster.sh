#!/bin/sh
# On the master, after await-api.sh: prints the sha256 of the cluster's CA certificate, then the names of the nodes that
# the API server knows.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
sha256sum </etc/kubernetes/pki/ca.crt | cut -d ' ' -f 1
kubectl get nodes --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'
