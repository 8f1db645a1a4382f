"""Reads a recording from disk, a folder or a .tar.gz, into files by their path; trusts nothing in it.

Nothing is ever written: an archive is read as a stream, links and paths that lead out are refused, and what it may
unpack to is bounded. What the files say is parsed in labctl/facts/model.py.
"""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from labctl.errors import ToolError
from labctl.facts.observed import Unavailable

# A recording of four nodes has 0.5 MB; logs of a collection may be larger, and are passed over.
MAX_FILE = 16 * 2**20
MAX_KEPT = 64 * 2**20
MAX_UNPACKED = 256 * 2**20
MAX_MEMBERS = 20_000

_TOPS = ("api", "nodes")
_NESTED = 3
_CHUNK = 2**16
_HINT = "a recording is a folder with api/ and nodes/, or such a folder packed as .tar.gz"


def read_recording(path: Path) -> dict[str, bytes | Unavailable]:
    """Files of the recording at path, keys as in "api/api_v1_nodes.json".

    A file that cannot be read becomes Unavailable. Raises ToolError if path is no recording or a hostile archive.
    """
    files = _read_folder(path) if path.is_dir() else _read_archive(path)
    if not any(key.startswith(("api/", "nodes/")) for key in files):
        raise ToolError(f"{path} holds no recording", hint=_HINT)
    return files


def key_of(parts: tuple[str, ...]) -> str | None:
    """The key of a path inside a recording or inside a folder that holds it; None for what judging does not read."""
    for start in (0, 1):
        rest = parts[start:]
        if (
            rest == ("plan.json",)
            or (len(rest) > 1 and rest[0] == "api")
            or (len(rest) == _NESTED and rest[0] == "nodes")
        ):
            return "/".join(rest)
    return None


def _refuse(path: Path, why: str) -> ToolError:
    return ToolError(f"{path} is not read: {why}", hint=_HINT)


def _keep(files: dict[str, bytes | Unavailable], roots: set[str], path: Path, key: str, root: str) -> None:
    """Refuses a second recording in the same place, or the same file twice."""
    roots.add(root)
    if len(roots) > 1:
        raise _refuse(path, "it holds more than one recording")
    if key in files:
        raise _refuse(path, f"it holds {key} twice")


def _read_folder(path: Path) -> dict[str, bytes | Unavailable]:
    root = path
    if not any((path / top).is_dir() for top in _TOPS):
        inner = [each for each in path.iterdir() if any((each / top).is_dir() for top in _TOPS)]
        root = inner[0] if len(inner) == 1 else path
    files: dict[str, bytes | Unavailable] = {}
    kept = 0
    for file in _files_below(root):
        key = key_of(file.relative_to(root).parts)
        if key is None:
            continue
        content = _read_file(root, file)
        kept += len(content) if isinstance(content, bytes) else 0
        if kept > MAX_KEPT or len(files) > MAX_MEMBERS:
            raise _refuse(path, "it is larger than any recording")
        files[key] = content
    return files


def _files_below(root: Path) -> Iterator[Path]:
    """plan.json and all files in api/ and nodes/; folders that are links are not entered."""
    yield from (file for file in (root / "plan.json",) if file.exists())
    for top in _TOPS:
        for folder, _, names in os.walk(root / top):
            yield from (Path(folder) / name for name in sorted(names))


def _read_file(root: Path, file: Path) -> bytes | Unavailable:
    shown = file.relative_to(root)
    try:
        if not file.resolve(strict=True).is_relative_to(root.resolve()):
            return Unavailable(f"{shown} is a link that leads out of the recording")
        details = file.stat()
        if not stat.S_ISREG(details.st_mode):
            return Unavailable(f"{shown} is not a regular file")
        if details.st_size > MAX_FILE:
            return Unavailable(f"{shown} is larger than any file of a recording")
        with file.open("rb") as stream:
            return stream.read(MAX_FILE)
    except (OSError, RuntimeError) as error:
        return Unavailable(f"{shown} cannot be read: {error}")


class _BoundedGzip(gzip.GzipFile):
    """A gzip file that stops at MAX_UNPACKED and refuses one huge read: a bomb costs neither memory nor hours."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= MAX_FILE:
            raise tarfile.ReadError("a header or file in it is larger than any of a recording")
        if self.tell() + size > MAX_UNPACKED:
            raise tarfile.ReadError("it unpacks to more than any recording")
        return super().read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if offset > MAX_UNPACKED:
            raise tarfile.ReadError("it unpacks to more than any recording")
        return super().seek(offset, whence)


def _read_archive(path: Path) -> dict[str, bytes | Unavailable]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _refuse(path, "it is neither a folder nor a file")
        with _BoundedGzip(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            files = _read_members(path, archive)
            # tarfile takes a damaged header for the end; gzip's checksum, at the very end, tells the difference.
            while stream.read(_CHUNK):
                pass
            return files
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError) as error:
        detail = "its headers are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise _refuse(path, f"it is not a whole .tar.gz ({detail})") from None


def _read_members(path: Path, archive: tarfile.TarFile) -> dict[str, bytes | Unavailable]:
    files: dict[str, bytes | Unavailable] = {}
    roots: set[str] = set()
    kept = 0
    for count, member in enumerate(archive):
        archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise
        if count > MAX_MEMBERS:
            raise _refuse(path, "it holds more files than any recording")
        parts = _safe_parts(path, member)
        key = key_of(parts) if member.isreg() else None
        if key is None:
            continue
        _keep(files, roots, path, key, "/".join(parts)[: -len(key)])
        kept += member.size
        if member.size > MAX_FILE or kept > MAX_KEPT:
            raise _refuse(path, f"{key} is larger than any file of a recording")
        content = archive.extractfile(member)
        data = content.read() if content is not None else b""
        files[key] = data if len(data) == member.size else Unavailable(f"{key} is cut off in the archive")
    return files


def _safe_parts(path: Path, member: tarfile.TarInfo) -> tuple[str, ...]:
    """The parts of a member's path. Raises ToolError for links, devices, sparse files and paths that lead out."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise _refuse(path, f"the path {member.name!r} in it leads out of it")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise _refuse(path, f"{member.name!r} in it is neither a plain file nor a folder")
    return tuple(part for part in name.parts if part != ".")
