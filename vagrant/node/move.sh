#!/bin/sh
# In Docker's folder of volumes: everything of volume FROM becomes volume TO's; a rename, however much it is.
set -eu
find "$1/_data" -mindepth 1 -maxdepth 1 -exec mv -t "$2/_data" {} +
