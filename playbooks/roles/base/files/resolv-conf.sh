#!/bin/sh
# Keeps a copy of the node's resolv.conf in FILE that pods can use: a name server on loopback, such as Docker's
# 127.0.0.11, is not theirs, and CoreDNS would ask itself. Prints "changed: FILE" when it had to write.
set -eu
file=$1
keep=/etc/labctl/resolv.conf
text=$(grep -E '^(search|options|nameserver) ' /etc/resolv.conf | grep -vE '^nameserver (127\.|::1)' || true)
case $text in
*nameserver*) ;;
*)
  # Docker notes the servers that its own one asks. Without any, the gateway: a refusal comes quicker than silence.
  servers=$(sed -n 's/^# *ExtServers: *\[\(.*\)\]$/\1/p' /etc/resolv.conf | tr ' ' '\n' |
    sed 's/^host(\(.*\))$/\1/' | grep -E '^[0-9.]+$' | grep -v '^127\.' || true)
  [ -n "$servers" ] || servers=$(ip -4 route show default | sed -n 's/^default via \([0-9.]*\).*/\1/p' | head -n 1)
  for server in ${servers:-192.0.2.53}; do text="$text
nameserver $server"; done
  ;;
esac
write() { # FILE TEXT
  [ "$(cat "$1" 2>/dev/null || true)" = "$2" ] && [ "$(stat -c %a "$1")" = 644 ] && return
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1.new"
  chmod 0644 "$1.new"
  mv -f "$1.new" "$1"
  echo "changed: $1"
}
write "$keep" "$text"
[ "$file" != "$keep" ] || exit 0
# /run is empty after a restart: tmpfiles puts the link back before kubelet starts.
write /etc/tmpfiles.d/labctl.conf "L+ $file - - - - $keep"
if [ "$(readlink "$file" || true)" != "$keep" ]; then
  mkdir -p "$(dirname "$file")"
  ln -sfT "$keep" "$file"
  echo "changed: $file"
fi
