#!/bin/sh
# Begin of scripts for the master that need the cluster: returns when the API server is ready. kubeadm init may still be
# at work meanwhile (its step runs beside this one); gives up when neither it nor the API server has been there for
# two minutes. Cheap until the port is open: other things need the processor now.
# An emulated machine takes that long from Ansible's start to kubeadm's, and an API server to its first answer.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
deadline=$(($(date +%s) + 120))
until [ -s "$KUBECONFIG" ] && [ -n "$(ss -Hltn 'sport = :6443')" ] &&
  timeout 10 kubectl get --raw /readyz >/dev/null 2>&1; do
  case $(systemctl is-active labctl-kubeadm-init.service || true) in
  active | activating | deactivating) deadline=$(($(date +%s) + 120)) ;;
  esac
  [ "$(date +%s)" -lt "$deadline" ] || { echo "the API server does not answer" >&2 && exit 1; }
  sleep 0.5
done
