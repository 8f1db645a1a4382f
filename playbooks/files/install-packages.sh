#!/bin/sh
# Installs the named packages from a folder of .deb files, without any network: FOLDER NAME...
# Only what is missing, half installed, of another version, or whose programs and units no longer are as packaged.
# Prints "changed: NAMES" when it had to install.
set -eu
folder=$1
shift
installed=" $(dpkg-query -W -f '${db:Status-Abbrev}/${Package} ' | tr -d '\n' | sed 's, */,/,g') "
damaged() { # NAME...: a program or unit of the packages differs or is gone (documentation may be left out on purpose)
  dpkg --verify "$@" 2>/dev/null | grep -qE '^(missing|..5).* /(usr/)?(s?bin|lib/systemd)/'
}
deb() { # NAME: the file of the folder that holds the package; none for what a bare node has anyway
  for file in "$folder/$1"_*.deb; do if [ -e "$file" ]; then echo "$file"; fi; done
}
as_bundled() { # NAME: installed whole, in the bundle's version where the bundle has it
  file=$(deb "$1")
  version=${file:+$(dpkg-deb --field "$file" Version)}
  case $versions in *"
$1 ii $version"*) ;; *) return 1 ;; esac
  [ -z "$damage" ] || ! damaged "$1"
}
versions="
$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}${Version}\n' "$@" 2>/dev/null || true)"
# One look at all, since it takes as long as a look at one; it does not say which package a damaged file belongs to.
damage=$(damaged "$@" && echo yes || true)
wanted=
for name; do
  as_bundled "$name" && continue
  [ -n "$(deb "$name")" ] || { echo "$name is missing or damaged, and $folder has no such package" >&2 && exit 1; }
  wanted="$wanted $name"
done
[ -n "$wanted" ] || exit 0

# shellcheck disable=SC2046  # names of .deb files hold no blanks
set -- $(for name in $wanted; do deb "$name"; done)
for file in "$folder"/*.deb; do
  name=${file##*/} name=${name%%_*}
  case "$installed $wanted " in *" ii/$name "* | *" $name "*) ;; *) set -- "$@" "$file" ;; esac
done
install() {
  # No package lists: what the bundle does not hold must be on the node. Losing power during the unpacking is no
  # worry here, the next run starts again.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -q -y --no-install-recommends --reinstall \
    --allow-downgrades --allow-change-held-packages -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists=/var/lib/labctl/no-lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    "$@" </dev/null >&2
}
mkdir -p /var/lib/labctl/no-lists/partial
install "$@" || { dpkg --configure -a --force-confold >&2; install "$@"; }
echo "changed:$wanted"
