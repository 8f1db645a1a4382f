#!/bin/sh
# Installs files that are missing, differ or have another mode: OWNER MODE SOURCE_FOLDER TARGET_FOLDER NAME[=NEW_NAME]...
# Without names: every file of the source folder. Prints "changed: TARGET" for each file that it had to install.
# A comparison of 160 MB takes a fraction of a second; Ansible's own module hashes both sides in Python.
set -eu
owner=$1 mode=$2 source=$3 target=$4
shift 4
# shellcheck disable=SC2046  # names of plugins and programs hold no blanks
[ $# -gt 0 ] || set -- $(cd "$source" && ls)
[ -d "$target" ] || install -d -o "$owner" -g "$(id -gn "$owner")" -m 0755 "$target"
for name; do
  from=$source/${name%%=*} to=${name##*=}
  [ "$(stat -c '%U %a' "$target/$to" 2>/dev/null || true)" = "$owner ${mode#0}" ] &&
    cmp -s "$from" "$target/$to" && continue
  # Under another name first: a program that is cut off while it is written is never found by its real name.
  install -o "$owner" -g "$(id -gn "$owner")" -m "$mode" "$from" "$target/.$to.labctl"
  mv -fT "$target/.$to.labctl" "$target/$to"
  echo "changed: $target/$to"
done
