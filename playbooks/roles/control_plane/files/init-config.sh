#!/bin/sh
# Begin of the script that runs kubeadm init: writes its configuration with a join token in it, which workers can be told
# before there is an API server. It lives in a memory file system, and run-unit.sh removes it with the end of kubeadm.
set -eu
install -d -m 0755 /run/labctl
token=$(kubeadm token generate)
(
  umask 077
  printf 'bootstrapTokens:\n- token: %s\n  ttl: 10m\n  description: made by labctl for one run\n' "$token" |
    sed '/^kind: InitConfiguration$/r /dev/stdin' /etc/labctl/kubeadm.yml >/run/labctl/init.yml.part
)
mv /run/labctl/init.yml.part /run/labctl/init.yml
