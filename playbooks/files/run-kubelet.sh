#!/bin/sh
# Kubelet runs, with the program, unit and options that are on disk now, once kubeadm has written its configuration.
# Asking the running process instead of notifying a handler: a run that was cut off between the two forgets nothing.
# Prints "changed: ..." when it had to start or restart it.
set -eu
[ -s /var/lib/kubelet/config.yaml ] || exit 0
reload=$(systemctl show --property=NeedDaemonReload --value kubelet.service)
[ "$reload" = no ] || systemctl daemon-reload
if ! systemctl is-active --quiet kubelet.service; then
  systemctl reset-failed kubelet.service 2>/dev/null || true
  systemctl start kubelet.service
  echo "changed: kubelet started"
  exit 0
fi
started=$(date +%s -d "$(systemctl show --property=ExecMainStartTimestamp --value kubelet.service)")
for file in /usr/bin/kubelet /lib/systemd/system/kubelet.service /etc/default/kubelet \
  /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /var/lib/kubelet/kubeadm-flags.env; do
  [ -e "$file" ] || continue
  if [ "$(stat -c %Y "$file")" -gt "$started" ]; then
    systemctl restart kubelet.service
    echo "changed: kubelet restarted for $file"
    exit 0
  fi
done
