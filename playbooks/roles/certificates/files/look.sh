#!/bin/sh
# Says "waiting: ..." until the API server takes the certificates that were renewed, of control_plane, kubelet, kubectl.
# Changes nothing.
set -eu
ask() { timeout 10 kubectl --request-timeout=5s --kubeconfig="$@" >/dev/null 2>&1; }
case " $* " in *" control_plane "*)
  ask /etc/kubernetes/admin.conf get --raw /readyz || { echo "waiting: API server" && exit 0; }
  ;;
esac
case " $* " in *" kubelet "*)
  ask /etc/kubernetes/kubelet.conf get node "$(uname -n)" || echo "waiting: kubelet's certificate"
  ;;
esac
