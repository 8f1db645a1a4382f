#!/bin/sh
# Loads the archives of images that are missing or are others by the same name: BUNDLE (REF ID ARCHIVE)...
# Prints "changed: ARCHIVE" for each archive loaded; fails when an image still is not the bundle's.
set -eu
bundle=$1
shift
list() { docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'; }
missing() { # (REF ID ARCHIVE)...: "REF ARCHIVE" of each image that is not there
  present=$(list)
  while [ $# -gt 0 ]; do
    case "
$present
" in *"
$1 $2
"*) ;; *) echo "$1 $3" ;; esac
    shift 3
  done
}
archives=$(missing "$@" | cut -d ' ' -f 2 | sort -u)
[ -n "$archives" ] || exit 0
for archive in $archives; do
  docker load --quiet --input "$bundle/$archive" >/dev/null
  echo "changed: $archive"
done
left=$(missing "$@" | cut -d ' ' -f 1)
[ -z "$left" ] || { echo "the bundle's archives do not hold these images: $left" >&2; exit 1; }
