#!/bin/sh
# Comes before before-commit.sh and before-package.sh, on the machine that becomes a node image: Docker at rest, and
# nothing in it that belongs to one machine alone, whatever kind of machine it is.
set -eu
systemctl stop docker.socket docker.service containerd.service
# dockerd makes these anew; a copy of them would be another node's.
rm -rf /var/lib/docker/runtimes /var/lib/docker/tmp /var/lib/docker/network /var/lib/docker/containers/*
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
rm -rf /home/vagrant/.ansible /root/.ansible /var/log/journal/* /tmp/* /var/tmp/*
