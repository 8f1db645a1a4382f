#!/bin/sh
# Begin of scripts for the master that need the cluster: returns when the API server is ready. kubeadm init may still be
# at work meanwhile (its step runs beside this one); gives up when neither it nor the API server has been there for
# two minutes. Cheap until the port is open: other things need the processor now.
# An emulated machine takes that long from Ansible's start to kubeadm's, and an API server to its first answer.
# With "papers" as first argument it returns as soon as a kubeadm init at work has made the cluster's certificates, too.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
papers() {
  [ "${1:-}" = papers ] && [ -e /run/labctl/init.yml ] && [ -s /etc/kubernetes/pki/ca.crt ] && [ -s "$KUBECONFIG" ]
}
api() {
  [ -s "$KUBECONFIG" ] && [ -n "$(ss -Hltn 'sport = :6443')" ] && timeout 10 kubectl get --raw /readyz >/dev/null 2>&1
}
kubeadm_is_at_work() {
  case $(systemctl is-active labctl-kubeadm-init.service || true) in
  active | activating | deactivating) ;;
  *) return 1 ;;
  esac
}
deadline=$(($(date +%s) + 120))
until papers "$@" || api; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    kubeadm_is_at_work || { echo "the API server does not answer" >&2 && exit 1; }
    deadline=$(($(date +%s) + 120))
  fi
  sleep 0.3
done
