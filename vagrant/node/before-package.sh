#!/bin/sh
# Runs on the virtual machine that becomes a box: Docker at rest, and nothing in it that belongs to one machine alone.
set -eu
systemctl stop docker.socket docker.service containerd.service
# dockerd makes these anew; a copy of them would be another node's.
rm -rf /var/lib/docker/runtimes /var/lib/docker/tmp /var/lib/docker/network /var/lib/docker/containers/*
# Empty, not missing: systemd then makes one at the machine's start. weave-net's peer name comes from it.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
# Host keys go; each machine makes its own before its first connection.
rm -f /etc/ssh/ssh_host_*
cat >/etc/systemd/system/labctl-host-keys.service <<'end'
[Unit]
Description=SSH host keys of this machine alone
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service ssh.socket
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
[Install]
WantedBy=multi-user.target
end
systemctl enable labctl-host-keys.service
rm -rf /home/vagrant/.ansible /root/.ansible /var/log/journal/* /tmp/* /var/tmp/*
# What is free of the disk need not be packed.
fstrim --all || true
sync
