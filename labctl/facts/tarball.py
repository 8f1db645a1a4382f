"""Reads a .tar.gz from anybody as a stream: plain files and folders only, bounded in bytes, names and members.

tarfile parses one header; what follows a header is followed here, for tarfile itself follows sparse maps, chains of
extended headers and sizes below zero without bound. Nothing is ever written.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_BLOCK = 512
_CHUNK = 2**16
# The extended headers of a real archive hold a long name, and what macOS says of a file.
_MAX_EXTENSION = 2**16
_MAX_NAME = 1024
_FOLDER = (tarfile.DIRTYPE,)
_LONG_NAME = tarfile.GNUTYPE_LONGNAME
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)


class BadArchiveError(Exception):
    """The archive is damaged or hostile; the message says how, in words that are short and can be printed."""


@dataclass(frozen=True)
class Limits:
    """How many members, and how many bytes they may unpack to together."""

    members: int
    unpacked: int


@dataclass(frozen=True)
class Member:
    """A plain file in the archive; read() gives its content (size bytes), and is for before the next member."""

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]


def read_tarball(path: Path, limits: Limits) -> Iterator[Member]:
    """The plain files of a .tar.gz in its order. Raises BadArchiveError at the first thing that is not as it should."""
    try:
        stream = gzip.GzipFile(path, "rb")
    except OSError as error:
        raise BadArchiveError(error.strerror or str(error)) from None
    with stream:
        yield from _members(_Bounded(stream, limits.unpacked), limits.members)


class _Bounded:
    """Exact reads from a stream that may unpack to so many bytes and no more: a bomb costs neither memory nor hours."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream = stream
        self._left = most

    def read(self, size: int) -> bytes:
        """Size bytes. Raises BadArchiveError where they are not there or are too many."""
        self._left -= size
        if self._left < 0:
            raise BadArchiveError("it unpacks to more than any recording")
        data = self._unpacked(size)
        if len(data) < size:
            raise BadArchiveError("it is not a whole .tar.gz (it ends in the middle)")
        return data

    def skip(self, size: int) -> None:
        """Read past size bytes."""
        while size > 0:
            size -= len(self.read(min(size, _CHUNK)))

    def finish(self) -> None:
        """Read to the end, where gzip's checksum is compared."""
        while data := self._unpacked(_CHUNK):
            self._left -= len(data)
            if self._left < 0:
                raise BadArchiveError("it unpacks to more than any recording")

    def _unpacked(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (zlib.error, EOFError, OSError) as error:
            raise BadArchiveError(f"it is not a whole .tar.gz ({error})") from None


def _members(stream: _Bounded, most: int) -> Iterator[Member]:
    long_name = ""
    for _ in range(most):
        block = stream.read(_BLOCK)
        if not any(block):
            stream.finish()
            return
        header = _header(block)
        padded = -(-header.size // _BLOCK) * _BLOCK
        if header.type in (*_PAX, _LONG_NAME, tarfile.XGLTYPE):
            extension = _extension(stream, header, padded)
            # A global header says nothing of one file: its comment, the commit that it is of.
            long_name = long_name if header.type == tarfile.XGLTYPE else extension
            continue
        parts = _safe_parts(long_name or header.name)
        long_name = ""
        if header.type not in (*tarfile.REGULAR_TYPES, *_FOLDER) or header.type == tarfile.GNUTYPE_SPARSE:
            raise BadArchiveError(f"{_shown('/'.join(parts))} in it is neither a plain file nor a folder")
        if header.type in _FOLDER:
            continue
        yield from _file(stream, parts, header.size, padded)
    raise BadArchiveError("it holds more files than any recording")


def _file(stream: _Bounded, parts: tuple[str, ...], size: int, padded: int) -> Iterator[Member]:
    """The member; what its reader did not take is passed over."""
    taken = 0

    def read() -> bytes:
        nonlocal taken
        taken = size
        return stream.read(size)

    yield Member(parts, size, read)
    stream.skip(padded - taken)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise BadArchiveError(f"it is not a whole .tar.gz ({error})") from None
    if header.size < 0:
        raise BadArchiveError("it is not a whole .tar.gz (a file in it has a size below zero)")
    return header


def _extension(stream: _Bounded, header: tarfile.TarInfo, padded: int) -> str:
    """The name that an extended header gives the next member; empty where it gives none."""
    if header.size > _MAX_EXTENSION:
        raise BadArchiveError("a header in it is larger than any of a recording")
    data = stream.read(padded)[: header.size]
    if header.type == _LONG_NAME:
        return data.rstrip(b"\0").decode("utf-8", "surrogateescape")
    fields = dict(_pax_fields(data))
    if "size" in fields or any(name.startswith("GNU.sparse") for name in fields):
        raise BadArchiveError("a file in it is sparse, or larger than any of a recording")
    return fields.get("path", "")


def _pax_fields(data: bytes) -> Iterator[tuple[str, str]]:
    """Records of length, blank, name=value, line end; the length is the whole record's, in decimal."""
    begin = 0
    while begin < len(data):
        digits = data[begin : begin + 8].partition(b" ")[0]
        end = begin + (int(digits) if digits.isdigit() else 0)
        name, equals, value = data[begin + len(digits) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise BadArchiveError("it is not a whole .tar.gz (a header in it is damaged)")
        yield name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        begin = end


def _safe_parts(name: str) -> tuple[str, ...]:
    """The parts of a member's path. Raises BadArchiveError for one that leads out or that no recording has."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise BadArchiveError(f"the path {_shown(name)} in it leads out of it")
    if len(name) > _MAX_NAME or not name.isprintable():
        raise BadArchiveError(f"the name {_shown(name)} in it is none of a recording")
    return path.parts


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:80]}…")  # noqa: PLR2004 - a line of a terminal
