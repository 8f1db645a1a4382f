"""Mends files of image layers that were written to in place, from the bundle's image archives; in a container, as root.

In Docker's folder of volumes: mend.py BUNDLE; on standard input what check.sh has found. Prints for each file "mended" or
"lost", tab, data-root, tab, path (and tab, why). A file keeps its inode, so every data-root that shares it is mended.
"""

import gzip
import hashlib
import json
import os
import sys
import tarfile
from pathlib import Path, PurePosixPath

CHUNK = 1 << 20
# How archives carry extended attributes: a file's capabilities are one.
XATTR = "SCHILY.xattr."


class Lost(Exception):
    """Why a file cannot be mended."""


def layers_of(bundle):
    """diff id -> (archive, member) of all layers in the bundle's image archives (docker-archive)."""
    found = {}
    for archive in sorted(bundle.glob("images/*.tar")):
        with tarfile.open(archive) as tar:
            for image in json.load(tar.extractfile("manifest.json")):
                ids = json.load(tar.extractfile(image["Config"]))["rootfs"]["diff_ids"]
                found.update((identity, (archive, member)) for identity, member in zip(ids, image["Layers"]))
    return found


def diff_ids(root):
    """Folder in overlay2 -> diff id, as Docker has noted it in the data-root."""
    database = root / "image/overlay2/layerdb/sha256"
    return {
        (chain / "cache-id").read_text().strip(): (chain / "diff").read_text().strip() for chain in database.iterdir()
    }


class Layer:
    """One layer of the bundle: its files by path, once its content has proven to be what its name says."""

    def __init__(self, archive, member, identity):
        self._outer = tarfile.open(archive)
        packed = self._outer.extractfile(member)
        plain = gzip.open(packed) if packed.read(2) == b"\x1f\x8b" else packed
        packed.seek(0)
        digest = hashlib.sha256()
        for chunk in iter(lambda: plain.read(CHUNK), b""):
            digest.update(chunk)
        if f"sha256:{digest.hexdigest()}" != identity:
            raise Lost(f"{archive.name} of the bundle is damaged, too")
        plain.seek(0)
        self._tar = tarfile.open(fileobj=plain)
        self._members = {str(PurePosixPath("/", entry.name)): entry for entry in self._tar.getmembers()}

    def content(self, path, size):
        """The file of that path, open, and its extended attributes. Raises Lost where there is none of that size."""
        entry = self._members.get(str(PurePosixPath("/", path)))
        stream = self._tar.extractfile(entry) if entry is not None else None
        if stream is None or stream.seek(0, os.SEEK_END) != size:
            raise Lost("it is not of the bundle")
        stream.seek(0)
        extended = {key[len(XATTR) :]: value for key, value in entry.pax_headers.items() if key.startswith(XATTR)}
        return stream, extended


class Was:
    """What a register's line says of a file."""

    def __init__(self, line):
        self.path, marks = line.rsplit("\t", 1)
        size, changed, mode, owner = marks.split()
        seconds, _, fraction = changed.partition(".")
        self.size, self.mode = int(size), int(mode, 8)
        self.changed = int(seconds) * 10**9 + int(fraction[:9].ljust(9, "0"))
        self.owner = [int(part) for part in owner.split(":")]

    def holds(self, target):
        """Whether the file is so."""
        try:
            now = os.lstat(target)
        except OSError:
            return False
        marks = (now.st_size, now.st_mtime_ns, now.st_mode & 0o7777, [now.st_uid, now.st_gid])
        return marks == (self.size, self.changed, self.mode, self.owner)


def write(target, was, content, extended):
    """Give the file its content and marks again; in place, or as a new file where it is gone or cannot be written."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_TRUNC)
    except OSError:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink() if target.is_symlink() or target.exists() else None
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for chunk in iter(lambda: content.read(CHUNK), b""):
            stream.write(chunk)
        stream.flush()
        os.fchown(stream.fileno(), *was.owner)
        os.fchmod(stream.fileno(), was.mode)
        # Writing and a new owner take capabilities away.
        for name, value in extended.items():
            os.setxattr(stream.fileno(), name, value.encode("utf-8", "surrogateescape"))
        os.fsync(stream.fileno())
    # Last of all: a cut before leaves a file that the next check finds again.
    os.utime(target, ns=(was.changed, was.changed))


def mend(root, was, bundle, open_layers):
    """Mend a file. Raises Lost."""
    target = root / was.path
    if was.holds(target):  # with another data-root
        return
    folder, _, inside = was.path.split("/", 1)[1].partition("/diff/")
    identity = diff_ids(root).get(folder)
    if identity not in bundle:
        raise Lost("its layer is not of the bundle")
    if identity not in open_layers:
        open_layers[identity] = Layer(*bundle[identity], identity)
    write(target, was, *open_layers[identity].content(inside, was.size))


def main():
    bundle, open_layers = layers_of(Path(sys.argv[1])), {}
    for found in sys.stdin.read().splitlines():
        _, root, line = found.split("\t", 2)
        was = Was(line)
        try:
            mend(Path(root), was, bundle, open_layers)
            print("mended", root, was.path, sep="\t")
        except (Lost, OSError, KeyError, tarfile.TarError) as error:
            print("lost", root, was.path, error, sep="\t")


main()
