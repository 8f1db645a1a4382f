#!/bin/sh
# iptables works by the older of the kernel's two packet filters, as on the tutorial's Ubuntu, where the kernel still
# has that one: weave-net 2.8.1 cannot read what a newer iptables has noted for the newer filter (weave#3968), and a
# call takes half the time. Prints "changed: ..." for each link that was another.
# Where iptables comes later or in one variant only, its package's own choice stays; so does one that Docker works by
# already, for rules of both filters hold.
set -eu
if iptables-save 2>/dev/null | grep -q '^:DOCKER '; then exit 0; fi
variant=nft
for table in filter nat mangle; do
  iptables-legacy --wait --table "$table" --list-rules >/dev/null 2>&1 || break
  [ "$table" = mangle ] && variant=legacy
done
for name in iptables ip6tables; do
  program=/usr/sbin/$name-$variant
  [ -x "$program" ] || continue
  [ "$(readlink "/etc/alternatives/$name")" = "$program" ] && continue
  update-alternatives --set "$name" "$program" >&2
  echo "changed: $name is $program"
done
