#!/bin/sh
# In Docker's folder of volumes: everything in the folder FROM goes to the folder TO; a rename, however much it is.
set -eu
find "$1" -mindepth 1 -maxdepth 1 -exec mv -t "$2" {} +
