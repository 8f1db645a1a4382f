#!/bin/sh
# Writes FINGERPRINT as the mark of ROLE. Prints "changed: FILE" when it was another or missing.
set -eu
folder=/etc/labctl/fingerprints
file=$folder/$1
[ "$(cat "$file" 2>/dev/null || true)" = "$2" ] && [ "$(stat -c %a "$file")" = 644 ] && exit 0
mkdir -p "$folder"
printf '%s\n' "$2" >"$folder/.$1.new"
chmod 0644 "$folder/.$1.new"
mv -f "$folder/.$1.new" "$file"
echo "changed: $file"
