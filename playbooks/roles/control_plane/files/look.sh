#!/bin/sh
# Says what is missing of the work of kubeadm init on this NODE with Kubernetes MINOR ("1.21"), one line each; nothing
# when all is there. "fresh": kubeadm has not begun. "waiting: ...": look again in a second. "scaled": another number of
# CoreDNS pods is asked for. Changes nothing.
set -eu
node=$1 minor=$2
case $(systemctl is-active labctl-kubeadm-init.service || true) in
active | activating | deactivating) echo "waiting: kubeadm init of an earlier run" && exit 0 ;;
esac
cd /etc/kubernetes 2>/dev/null && [ -n "$(ls manifests pki ./*.conf 2>/dev/null)" ] || { echo fresh && exit 0; }

absent=
for file in admin.conf kubelet.conf controller-manager.conf scheduler.conf pki/sa.key pki/sa.pub \
  pki/ca.crt pki/ca.key pki/apiserver.crt pki/apiserver.key pki/apiserver-kubelet-client.crt pki/apiserver-etcd-client.crt \
  pki/front-proxy-ca.crt pki/front-proxy-client.crt pki/etcd/ca.crt pki/etcd/server.crt pki/etcd/peer.crt \
  pki/etcd/healthcheck-client.crt manifests/etcd.yaml manifests/kube-apiserver.yaml \
  manifests/kube-controller-manager.yaml manifests/kube-scheduler.yaml \
  /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env; do
  [ -s "$file" ] || absent="$absent $file"
done
if [ -n "$absent" ]; then
  printf 'absent: %s\n' $absent
  exit 0
fi

export KUBECONFIG=/etc/kubernetes/admin.conf
kube() { timeout 10 kubectl --request-timeout=5s "$@"; }
if ! kube get --raw /readyz >/dev/null 2>&1; then
  # A node that has just started needs half a minute. When it takes longer, kubeadm init is to mend it.
  since=/run/labctl/waiting-for-api
  [ -e "$since" ] || { mkdir -p /run/labctl && : >"$since"; }
  [ $(($(date +%s) - $(stat -c %Y "$since"))) -gt 60 ] || { echo "waiting: API server" && exit 0; }
  rm -f "$since"
  echo "absent: answer of the API server"
  exit 0
fi
rm -f /run/labctl/waiting-for-api
kube get --namespace kube-system --output name configmap/kubeadm-config "configmap/kubelet-config-$minor" \
  configmap/kube-proxy configmap/coredns daemonset/kube-proxy deployment/coredns service/kube-dns 2>&1 >/dev/null |
  sed 's/^/absent: /'
kube get --namespace kube-public --output name configmap/cluster-info 2>&1 >/dev/null | sed 's/^/absent: /'
kube get node "$node" --output 'jsonpath={.metadata.labels}' 2>&1 | grep -q node-role.kubernetes.io/master ||
  echo "absent: label node-role.kubernetes.io/master"
replicas=$(kube get --namespace kube-system deployment/coredns --output 'jsonpath={.spec.replicas}' 2>/dev/null || echo 2)
[ "$replicas" = 2 ] || echo scaled
