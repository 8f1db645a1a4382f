"""Mends files of image layers that were written to in place, from the bundle's image archives; in a container, as root.

In Docker's folder of volumes: mend.py BUNDLE; on standard input what check.sh has found. Prints for each file "mended"
or "lost", tab, data-root, tab, path (and tab, why). A file keeps its inode: every data-root that shares it is mended.
Runs with the node image's Python (3.8 and later).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
# How archives carry extended attributes: a file's capabilities are one.
XATTR = "SCHILY.xattr."


class LostError(Exception):
    """Why a file cannot be mended."""


def layers_of(bundle: Path) -> dict[str, tuple[Path, str]]:
    """Diff id -> archive and member, of all layers of the bundle's images (docker-archive)."""
    found: dict[str, tuple[Path, str]] = {}
    for archive in sorted(bundle.glob("images/*.tar")):
        with tarfile.open(archive) as tar:
            for image in json.load(member_of(tar, "manifest.json")):
                identities = json.load(member_of(tar, image["Config"]))["rootfs"]["diff_ids"]
                for number, identity in enumerate(identities):
                    found[identity] = (archive, image["Layers"][number])
    return found


def member_of(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file in an archive. Raises KeyError."""
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream


def diff_ids(root: Path) -> dict[str, str]:
    """Folder in overlay2 -> diff id, as Docker has noted it in the data-root."""
    database = root / "image/overlay2/layerdb/sha256"
    return {
        (chain / "cache-id").read_text().strip(): (chain / "diff").read_text().strip() for chain in database.iterdir()
    }


class Layer:
    """One layer of the bundle: its files by path. Raises LostError where its content is not what its id says."""

    def __init__(self, archive: Path, member: str, identity: str) -> None:
        packed = member_of(tarfile.open(archive), member)  # noqa: SIM115 - open until the program ends
        zipped = packed.read(len(GZIP)) == GZIP
        packed.seek(0)
        plain: IO[bytes] = gzip.open(packed) if zipped else packed  # type: ignore[assignment] # noqa: SIM115
        digest = hashlib.sha256()
        for chunk in iter(lambda: plain.read(CHUNK), b""):
            digest.update(chunk)
        if f"sha256:{digest.hexdigest()}" != identity:
            raise LostError(f"{archive.name} of the bundle is damaged, too")
        plain.seek(0)
        self._tar = tarfile.open(fileobj=plain)  # noqa: SIM115
        self._members = {str(PurePosixPath("/", entry.name)): entry for entry in self._tar.getmembers()}

    def file(self, path: str, size: int) -> tuple[IO[bytes], dict[str, str]]:
        """The file of that path, open, and its extended attributes. Raises LostError where there is none so large."""
        entry = self._members.get(str(PurePosixPath("/", path)))
        stream = self._tar.extractfile(entry) if entry is not None else None
        if entry is None or stream is None or stream.seek(0, os.SEEK_END) != size:
            raise LostError("it is not of the bundle")
        stream.seek(0)
        extended = {key[len(XATTR) :]: value for key, value in entry.pax_headers.items() if key.startswith(XATTR)}
        return stream, extended


class Was:
    """What a register's line (layers.sh) says of a file; changed in nanoseconds since 1970."""

    def __init__(self, line: str) -> None:
        self.path, marks = line.rsplit("\t", 1)
        size, changed, mode, owner = marks.split()
        seconds, _, fraction = changed.partition(".")
        self.size, self.mode = int(size), int(mode, 8)
        self.changed = int(seconds) * 10**9 + int(fraction[:9].ljust(9, "0"))
        self.user, self.group = (int(part) for part in owner.split(":"))

    def holds(self, target: Path) -> bool:
        """Whether the file is so."""
        try:
            now = target.lstat()
        except OSError:
            return False
        marks = (now.st_size, now.st_mtime_ns, now.st_mode & 0o7777, now.st_uid, now.st_gid)
        return marks == (self.size, self.changed, self.mode, self.user, self.group)


def write(target: Path, was: Was, content: IO[bytes], extended: dict[str, str]) -> None:
    """Give the file its content and marks again; in place, or as a new file where it is gone or cannot be written."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
    except OSError:
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            target.unlink()
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for chunk in iter(lambda: content.read(CHUNK), b""):
            stream.write(chunk)
        stream.flush()
        os.fchown(stream.fileno(), was.user, was.group)
        os.fchmod(stream.fileno(), was.mode)
        # Writing and a new owner take capabilities away.
        for name, value in extended.items():
            os.setxattr(stream.fileno(), name, value.encode("utf-8", "surrogateescape"))
        os.fsync(stream.fileno())
    # Last of all: a cut before leaves a file that the next check finds again.
    os.utime(target, ns=(was.changed, was.changed))


def mend(root: Path, was: Was, places: dict[str, tuple[Path, str]], layers: dict[str, Layer]) -> None:
    """Mend a file; layers: those that are open. Raises LostError."""
    target = root / was.path
    if was.holds(target):  # with another data-root
        return
    folder, _, inside = was.path.split("/", 1)[1].partition("/diff/")
    identity = diff_ids(root).get(folder, "")
    if identity not in places:
        raise LostError("its layer is not of the bundle")
    if identity not in layers:
        layers[identity] = Layer(*places[identity], identity)
    write(target, was, *layers[identity].file(inside, was.size))


def main() -> None:
    """Mend what standard input tells of."""
    places = layers_of(Path(sys.argv[1]))
    layers: dict[str, Layer] = {}
    for found in sys.stdin.read().splitlines():
        _, root, line = found.split("\t", 2)
        was = Was(line)
        try:
            mend(Path(root), was, places, layers)
            print("mended", root, was.path, sep="\t")
        except (LostError, OSError, KeyError, EOFError, tarfile.TarError) as error:
            print("lost", root, was.path, error, sep="\t")


main()
