#!/bin/sh
# Before a join is done again: kubelet stops, and the papers of a cluster that no longer exists go. CA_SHA256 is that of
# the cluster to join. Prints "changed: ..." for what it did.
set -eu
if systemctl is-active --quiet kubelet.service; then
  systemctl stop kubelet.service
  echo "changed: kubelet stopped"
fi
find /etc/kubernetes /var/lib/kubelet/config.yaml -maxdepth 2 -type f -size 0 -delete 2>/dev/null || true
ca=/etc/kubernetes/pki/ca.crt
[ -e "$ca" ] && [ "$(sha256sum <"$ca" | cut -d ' ' -f 1)" != "$1" ] || exit 0
rm -rf "$ca" /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf /var/lib/kubelet/pki
echo "changed: the papers of another cluster removed"
