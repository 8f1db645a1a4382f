#!/bin/sh
# On the master: the control plane's containers go; kubelet starts them anew, and they read the certificates on disk.
# Where Docker does not run, none of them does. Prints "changed: NAMES".
set -eu
name='{{.Label "io.kubernetes.pod.namespace"}}/{{.Label "io.kubernetes.container.name"}}'
ids=$(docker ps --format "{{.ID}} $name" |
  sed -nE 's#^(.*) kube-system/(etcd|kube-apiserver|kube-controller-manager|kube-scheduler)$#\1#p')
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086  # ids hold no blanks
docker stop --time 5 $ids >/dev/null || true
# shellcheck disable=SC2086
docker rm --force $ids >/dev/null || true
echo "changed: etcd, kube-apiserver, kube-controller-manager, kube-scheduler"
