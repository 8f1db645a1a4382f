#!/bin/sh
# The host name is NAME, now and after a restart. Prints "changed: ..." when it was another.
# Ansible's own module asks hostnamectl, whose D-Bus service takes its time to start and cannot replace a file that
# Docker mounts into a container.
set -eu
if [ "$(uname -n)" != "$1" ]; then
  hostname "$1"
  echo "changed: host name in force"
fi
if [ "$(cat /etc/hostname 2>/dev/null || true)" != "$1" ]; then
  echo "$1" >/etc/hostname
  echo "changed: /etc/hostname"
fi
