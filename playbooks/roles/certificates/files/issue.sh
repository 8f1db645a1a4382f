#!/bin/sh
# On the master: prints a certificate for the kubelet of NODE, and its key, as kubelet keeps them, in one PEM.
set -eu
kubeconfig=$(kubeadm kubeconfig user --config=/etc/labctl/kubeadm.yml --org=system:nodes --client-name="system:node:$1")
part() { # KEY
  echo "$kubeconfig" | sed -n "s/^ *$1: //p" | base64 -d
}
part client-certificate-data
part client-key-data
