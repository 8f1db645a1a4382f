# In Docker's folder of volumes, while the lab's nodes are frozen: VOLUME PREFIX NODE...
# Copies each node's volumes PREFIX<NODE>-docker, -kubelet and -etcd into VOLUME, with registers of the layers
# (NODE/layers), of large files (large) and of all others (sums). Prints bytes (layers, which are hard links, not
# counted) and the checksum of sums.
set -eu
to=$PWD/$1/_data prefix=$PWD/$2
shift 2
data_root() { # FROM TO: images as hard links, databases as copies, containers not at all
  mkdir -p "$2/overlay2"
  # The writable layers of containers, by the names that Docker has noted for them.
  writable=" $(cat "$1"/image/overlay2/layerdb/mounts/*/mount-id "$1"/image/overlay2/layerdb/mounts/*/init-id 2>/dev/null |
    sed 's/$/ /' | tr -d '\n')"
  for layer in "$1"/overlay2/*; do
    case "$writable" in *"$(basename "$layer")"*) ;; *) cp -al "$layer" "$2/overlay2/" ;; esac
  done
  own_notes "$1" "$2"
  find "$1" -mindepth 1 -maxdepth 1 ! -name overlay2 ! -name containers ! -name runtimes ! -name tmp ! -name network \
    -exec cp -a -t "$2" {} +
  rm -rf "$2/image/overlay2/layerdb/mounts"
}
register() { # KNOWN DATA_ROOT: of its layers; as KNOWN has them, so that no damage is taken for what should be
  known=$1
  [ -e "$known" ] || known=/dev/null
  ls "$2/overlay2" > "$2.there"
  listing "$2" > "$2.now"
  awk -F / 'FILENAME == ARGV[1] { there[$1] = 1; next }
    FILENAME == ARGV[2] { if ($2 in there) { known[$2] = 1; print }; next }
    !($2 in known)' "$2.there" "$known" "$2.now" | LC_ALL=C sort > "${2%/*}/layers"
  rm "$2.there" "$2.now"
}
kubelet() { # FROM TO: configuration and keys; pods' folders and sockets are made anew
  mkdir -p "$2"
  find "$1" -mindepth 1 -maxdepth 1 ! -name pods ! -name pod-resources ! -name device-plugins ! -name 'plugins*' \
    -exec cp -a -t "$2" {} +
}
etcd() { # FROM TO: of a log's room that is kept free, only that it is there; what etcd has prepared of the next, not
  mkdir -p "$2"
  if [ -d "$1" ]; then find "$1" -mindepth 1 -maxdepth 1 -exec cp -a --sparse=always -t "$2" {} +; fi
  rm -f "$2"/member/wal/*.tmp
}
waiting=
for node; do
  mkdir -p "$to/$node"
  { data_root "$prefix$node-docker/_data" "$to/$node/docker"; register "$prefix$node-docker/layers" "$to/$node/docker"; } &
  waiting="$waiting $!"
  kubelet "$prefix$node-kubelet/_data" "$to/$node/kubelet" &
  waiting="$waiting $!"
  etcd "$prefix$node-etcd/_data" "$to/$node/etcd" &
  waiting="$waiting $!"
done
for process in $waiting; do wait "$process"; done
cd "$to"
size=$(find . -path '*/docker/overlay2' -prune -o -type f -printf '%b\n' | awk '{ sum += $1 } END { print sum * 512 }')
large . > large
find . -path '*/docker/overlay2' -prune -o -type f ! -size +1024k ! -path ./sums -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum > sums
echo "$size $(sha256sum < sums | cut -c -16)"
