#!/bin/sh
# Runs on the machine that becomes the node image: Docker at rest, and nothing in it that belongs to one machine alone.
set -eu
systemctl stop docker.socket docker.service containerd.service
# dockerd makes these anew; a copy of them would be another node's.
rm -rf /var/lib/docker/runtimes /var/lib/docker/tmp /var/lib/docker/network /var/lib/docker/containers/*
# The entrypoint makes them at a container's first start.
rm -f /etc/machine-id /var/lib/dbus/machine-id /etc/ssh/ssh_host_* /etc/labctl/resolv.conf
rm -rf /home/vagrant/.ssh /home/vagrant/.ansible /root/.ansible /var/log/journal/* /tmp/* /var/tmp/*
