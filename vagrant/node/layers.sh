# Comes before the other scripts for Docker's folder of volumes. A data-root (FOLDER/_data of a node's volume or of the
# seed, NODE/docker in a snapshot) has image layers whose files are hard links, shared with other data-roots. Beside it
# stands its register, `layers`: what each of those files was when it was new. A write into one in place reaches all
# of them and changes size or time of change; who sets that back does it on purpose. (The time of the last change of
# status, which nobody sets back, changes with every hard link, too.)
listing() { # DATA_ROOT: a line for each file in its layers: path, size, time of change, mode, owner
  (cd "$1" && find overlay2 -path 'overlay2/*/diff/*' -type f -printf '%p\t%s %T@ %m %U:%G\n') | LC_ALL=C sort
}
large() { # FOLDER: the same for files of more than a megabyte, such as etcd's log, that are in no layer
  (cd "$1" && find . -path '*/docker/overlay2' -prune -o -type f -size +1024k -printf '%p\t%s %T@ %m %U:%G\n') |
    LC_ALL=C sort
}
own_notes() { # FROM TO: what overlay2 notes of a layer is a few bytes: each data-root has its own
  (cd "$2" && find overlay2 -mindepth 2 -maxdepth 2 -type f -print0) |
    (cd "$1" && xargs -0 -r cp -a --remove-destination --parents -t "$2")
}
