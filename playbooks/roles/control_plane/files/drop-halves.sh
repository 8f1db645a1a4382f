#!/bin/sh
# Removes what a cut-off kubeadm init or a slip of the hand left half, which kubeadm refuses to mend, and nothing that
# the cluster relies on. Prints "changed: FILE removed" for each.
set -eu
drop() { rm -f "$1" && echo "changed: $1 removed"; }
find /etc/kubernetes -maxdepth 3 -type f -size 0 | while read -r file; do drop "$file"; done
cd /etc/kubernetes/pki 2>/dev/null || exit 0
find . -name '*.key' -o -name '*.crt' -o -name sa.pub | while read -r file; do
  name=${file%.*}
  [ -e "$name.key" ] && { [ -e "$name.crt" ] || [ -e "$name.pub" ]; } && continue
  case $name in
  ./ca | ./front-proxy-ca | ./etcd/ca | ./sa)
    # All trust hangs on these: only as long as etcd holds nothing is half of one worth nothing.
    [ ! -d /var/lib/etcd/member ] || continue
    ;;
  esac
  # Any other is issued anew by its authority.
  drop "$PWD/${file#./}"
done
