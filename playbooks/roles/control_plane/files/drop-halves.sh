#!/bin/sh
# Removes what a kubeadm init that was cut off left half written, and nothing that any cluster relies on.
# Prints "changed: FILE" for each.
set -eu
drop() { rm -f "$1" && echo "changed: $1 removed"; }
find /etc/kubernetes -maxdepth 3 -type f -size 0 | while read -r file; do drop "$file"; done
# kubeadm writes a key before its certificate. As long as etcd holds nothing, nobody trusts a key that has none.
[ ! -d /var/lib/etcd/member ] || exit 0
find /etc/kubernetes/pki -name '*.key' 2>/dev/null | while read -r key; do
  [ -e "${key%.key}.crt" ] || [ -e "${key%.key}.pub" ] || drop "$key"
done
