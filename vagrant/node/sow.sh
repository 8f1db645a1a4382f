#!/bin/sh
# In Docker's folder of volumes: fills each volume with the data-root of the volume SEED: SEED VOLUME...
# Layers are hard links: dockerd never writes into one in place. The rest, databases above all, is copied.
set -eu
seed=$1
shift
fill() {
  cp -al "$seed/_data/overlay2" "$1/_data/"
  find "$seed/_data" -mindepth 1 -maxdepth 1 ! -name overlay2 -exec cp -a -t "$1/_data" {} +
}
waiting=
for volume; do
  fill "$volume" &
  waiting="$waiting $!"
done
# One by one: a bare wait forgets that one of them failed.
for process in $waiting; do wait "$process"; done
