#!/bin/sh
# Kubelet is enabled and, once kubeadm has written its configuration, runs with the program, unit and options that are
# on disk now. Asking the running process instead of notifying a handler: a run that was cut off between the two forgets
# nothing. Prints "changed: ..." for everything that it had to do.
set -eu
unit=kubelet.service
state=$(systemctl is-enabled $unit 2>/dev/null || true)
if [ "$state" != enabled ]; then
  case $state in masked*)
    systemctl --quiet unmask $unit
    systemctl --quiet unmask --runtime $unit
    ;;
  esac
  systemctl --quiet enable $unit
  echo "changed: kubelet enabled (was ${state:-missing})"
fi
[ "$(systemctl show --property=NeedDaemonReload --value $unit)" = no ] || systemctl daemon-reload
[ -s /var/lib/kubelet/config.yaml ] || exit 0
if ! systemctl is-active --quiet $unit; then
  systemctl reset-failed $unit 2>/dev/null || true
  systemctl start $unit
  echo "changed: kubelet started"
  exit 0
fi
# In UTC: date does not know the name of every time zone.
started=$(date +%s -d "$(TZ=UTC systemctl show --property=ExecMainStartTimestamp --value $unit)")
for file in /usr/bin/kubelet /lib/systemd/system/kubelet.service /etc/default/kubelet \
  /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /var/lib/kubelet/kubeadm-flags.env; do
  [ -e "$file" ] || continue
  if [ "$(stat -c %Z "$file")" -gt "$started" ]; then
    systemctl restart $unit
    echo "changed: kubelet restarted for $file"
    exit 0
  fi
done
