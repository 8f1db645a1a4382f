#!/bin/sh
# In Docker's folder of volumes, while the lab's nodes are frozen: VOLUME PREFIX NODE...
# Copies each node's volumes PREFIX<NODE>-docker and -kubelet into VOLUME. Prints bytes (layers, which are hard links, not
# counted) and a checksum of what was copied.
set -eu
to=$1/_data prefix=$2
shift 2
data_root() { # FROM TO: images as hard links, databases as copies, containers not at all
  mkdir -p "$2/overlay2"
  # The writable layers of containers, by the names that Docker has noted for them.
  writable=" $(cat "$1"/image/overlay2/layerdb/mounts/*/mount-id "$1"/image/overlay2/layerdb/mounts/*/init-id 2>/dev/null |
    sed 's/$/ /' | tr -d '\n')"
  for layer in "$1"/overlay2/*; do
    case "$writable" in *"$(basename "$layer")"*) ;; *) cp -al "$layer" "$2/overlay2/" ;; esac
  done
  find "$1" -mindepth 1 -maxdepth 1 ! -name overlay2 ! -name containers ! -name runtimes ! -name tmp ! -name network \
    -exec cp -a -t "$2" {} +
  rm -rf "$2/image/overlay2/layerdb/mounts"
}
kubelet() { # FROM TO: configuration and keys; pods' folders and sockets are made anew
  mkdir -p "$2"
  find "$1" -mindepth 1 -maxdepth 1 ! -name pods ! -name pod-resources ! -name device-plugins ! -name 'plugins*' \
    -exec cp -a -t "$2" {} +
}
waiting=
for node; do
  mkdir -p "$to/$node"
  data_root "$prefix$node-docker/_data" "$to/$node/docker" &
  waiting="$waiting $!"
  kubelet "$prefix$node-kubelet/_data" "$to/$node/kubelet" &
  waiting="$waiting $!"
done
for process in $waiting; do wait "$process"; done
cd "$to"
size=$(find . -path '*/docker/overlay2' -prune -o -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
echo "$size $(find . -path '*/docker/overlay2' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c -16)"
