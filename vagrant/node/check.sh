# In Docker's folder of volumes: CHECKSUM FOLDER DATA_ROOT...
# Prints what is not as it was. Of the layers: "was", tab, data-root, tab, the line of its register. Of what else is in
# a snapshot's FOLDER (CHECKSUM empty: there is none), for the nodes of these data-roots: "data", tab, file.
set -eu
checksum=$1 folder=$2
shift 2
data() { # FILE...: of those lines of the register of all copied files
  [ "$(sha256sum < "$folder/sums" | cut -c -16)" = "$checksum" ] || printf 'data\tsums\n'
  (cd "$folder" && sha256sum --check --quiet --strict - 2>/dev/null || true) | sed -n 's/: FAILED.*$//; s/^/data\t/p'
}
if [ -n "$checksum" ]; then large "$folder" > /tmp/large; fi
for root; do
  if [ -n "$checksum" ]; then
    node=${root%/docker} node=${node##*/}
    grep -e "  \./$node/" -e '  \./large$' "$folder/sums" | data
    LC_ALL=C comm -23 "$folder/large" /tmp/large | sed -n "s|^\(\./$node/[^\t]*\).*|data\t\1|p"
  fi
  register=${root%/*}/layers
  [ -e "$register" ] || continue
  listing "$root" > /tmp/listing
  LC_ALL=C comm -23 "$register" /tmp/listing | sed "s|^|was\t$root\t|"
done
