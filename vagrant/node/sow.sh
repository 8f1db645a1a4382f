# In Docker's folder of volumes: empties folders and fills them: PIDS (FROM TO)..., where FROM is - for one to stay
# empty. PIDS, one argument, are the first processes of the containers that have had these folders: with each all that
# wrote there is gone. Docker itself, which takes its time over their networks, is not waited for.
# Image layers (overlay2) are hard links: dockerd never writes into one in place. The rest, databases above all, is copied.
set -eu
empty() { # FOLDER, absolute; beside it the register of its layers
  rm -f "${1%/*}/layers"
  find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
}
fill() { # FROM TO, absolute
  if [ -d "$1/overlay2" ]; then
    cp -al "$1/overlay2" "$2/"
    own_notes "$1" "$2"
    if [ -e "${1%/*}/layers" ]; then cp "${1%/*}/layers" "${2%/*}/layers"; fi
  fi
  find "$1" -mindepth 1 -maxdepth 1 ! -name overlay2 -exec cp -a --sparse=always -t "$2" {} +
}
patience=1200 # looks: a minute
for process in $1; do
  while [ -e "/proc/$process" ]; do
    if [ "$((patience -= 1))" -lt 0 ]; then
      echo "process $process, the first of a node's, does not end" >&2
      exit 1
    fi
    sleep 0.05
  done
done
shift
waiting=
while [ $# -gt 0 ]; do
  (
    empty "$PWD/$2"
    if [ "$1" != - ]; then fill "$PWD/$1" "$PWD/$2"; fi
  ) &
  waiting="$waiting $!"
  shift 2
done
# One by one: a bare wait forgets that one of them failed.
for process in $waiting; do wait "$process"; done
