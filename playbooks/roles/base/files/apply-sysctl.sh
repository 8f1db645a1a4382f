#!/bin/sh
# Puts the settings of a sysctl.d FILE in force where they are not. Prints "changed: KEY" for each.
set -eu
sed -n 's/^\(-\{0,1\}[a-z][^ =]*\) *= */\1 /p' "$1" | while read -r key value; do
  file=/proc/sys/$(echo "${key#-}" | tr . /)
  if [ ! -e "$file" ]; then
    [ "$key" != "${key#-}" ] && continue
    echo "this kernel has no setting $key" >&2
    exit 1
  fi
  [ "$(cat "$file")" = "$value" ] && continue
  echo "$value" >"$file"
  echo "changed: ${key#-}"
done
