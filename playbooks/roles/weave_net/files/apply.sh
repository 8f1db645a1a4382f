#!/bin/sh
# After await-api.sh: applies MANIFEST where the cluster differs from it. Prints "changed: ..." when it had to.
# kubectl apply alone says "configured" of a DaemonSet each time, for the defaults that the API server adds.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
# In a new cluster there is nothing to compare, and the comparison costs more than the rest.
kubectl get --filename="$1" >/dev/null 2>&1 && kubectl diff --filename="$1" >/dev/null 2>&1 && exit 0
kubectl apply --filename="$1" | sed -n '/ unchanged$/!s/^/changed: /p'
