#!/bin/sh
# Kubelet stops, and finds at its next start the certificate from /run/labctl where it keeps its own; from then on it
# renews that one itself, as ever. The one that it serves with it makes itself when there is none.
set -eu
issued=/run/labctl/kubelet-client.pem
pki=/var/lib/kubelet/pki
mkdir -p /etc/labctl
: >/etc/labctl/renewing-certificates
systemctl stop kubelet.service || ! systemctl is-active --quiet kubelet.service
kept=$pki/kubelet-client-$(date -u +%Y-%m-%d-%H-%M-%S).pem
install -D -m 0600 "$issued" "$kept"
ln -sfT "$kept" "$pki/.current.labctl"
mv -fT "$pki/.current.labctl" "$pki/kubelet-client-current.pem"
rm -f "$issued" "$pki/kubelet.crt" "$pki/kubelet.key"
# Only where kubeadm was cut off before its last steps is there anything to replace.
sed -i -E "s#^( *client-(certificate|key))-data: .*#\1: $pki/kubelet-client-current.pem#" /etc/kubernetes/kubelet.conf
echo "changed: $kept"
