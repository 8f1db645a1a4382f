#!/bin/sh
# Installs the named packages from a folder of .deb files, without any network: FOLDER NAME...
# Only what is missing, half installed, of another version, or whose programs and units no longer are as packaged.
# Prints "changed: NAMES" when it had to install.
set -eu
folder=$1
shift
installed=" $(dpkg-query -W -f '${db:Status-Abbrev}/${Package} ' | tr -d '\n' | sed 's, */,/,g') "
damaged() { # NAME: a program or unit of the package differs or is gone (documentation may be left out on purpose)
  dpkg --verify "$1" | grep -qE '^(missing|..5).* /(usr/)?(s?bin|lib/systemd)/'
}
deb() { # NAME: the file of the folder that holds the package
  for file in "$folder/$1"_*.deb; do [ -e "$file" ] && echo "$file" && return; done
  echo "the bundle has no package $1 in $folder" >&2
  return 1
}
wanted=
for name; do
  file=$(deb "$name")
  version=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$name" 2>/dev/null || true)
  [ "$version" = "ii $(dpkg-deb --field "$file" Version)" ] && ! damaged "$name" || wanted="$wanted $name"
done
[ -n "$wanted" ] || exit 0

set -- $(for name in $wanted; do deb "$name"; done)
for file in "$folder"/*.deb; do
  name=${file##*/} name=${name%%_*}
  case "$installed $wanted " in *" ii/$name "* | *" $name "*) ;; *) set -- "$@" "$file" ;; esac
done
install() {
  # No package lists: what the bundle does not hold must be on the node. Losing power during the unpacking is no
  # worry here, the next run starts again.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -qq -y --no-install-recommends --reinstall \
    --allow-downgrades --allow-change-held-packages -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists=/var/lib/labctl/no-lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    "$@" </dev/null >&2
}
mkdir -p /var/lib/labctl/no-lists/partial
install "$@" || { dpkg --configure -a --force-confold >&2; install "$@"; }
echo "changed:$wanted"
