# In Docker's folder of volumes: everything in the folder FROM goes to the folder TO; a rename, however much it is.
# TO is then a data-root as it should be, and its register says so.
set -eu
find "$1" -mindepth 1 -maxdepth 1 -exec mv -t "$2" {} +
listing "$2" > "${2%/*}/layers"
