"""Reads a recording from disk, a folder or a .tar.gz, into files by their path; trusts nothing in it.

Nothing is ever written: an archive is read as a stream, links and paths that lead out are refused, and what it may
unpack to is bounded. What the files say is parsed in labctl/facts/model.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from labctl.errors import ToolError
from labctl.facts.observed import NotObserved, Unavailable, parse_json, quote
from labctl.facts.tarball import BadArchiveError, Limits, read_tarball

# A recording of four nodes has 0.5 MB and 20,000 values; logs of a collection may be larger, and are passed over.
MAX_FILE = 16 * 2**20
MAX_NODE_FILE = 2**20
MAX_KEPT = 64 * 2**20
MAX_VALUES = 1_000_000
MAX_UNPACKED = 256 * 2**20
MAX_MEMBERS = 20_000
MAX_MISSING = 5_000
# What could not be had when the recording was made: a JSON object, name of the file to reason.
MISSING = "missing.json"

_TOPS = ("api", "nodes")
_NESTED = 3
_CHUNK = 2**16
_HINT = "a recording is a folder with api/ and nodes/, or such a folder packed as .tar.gz"


def read_recording(path: Path) -> dict[str, bytes | Unavailable]:
    """Files of the recording at path, keys as in "api/api_v1_nodes.json".

    A file that cannot be read becomes Unavailable. Raises ToolError if path is no recording or a hostile archive.
    """
    try:
        files = _read_folder(path) if path.is_dir() else _read_archive(path)
    except OSError as error:
        raise _refuse(path, error.strerror or str(error)) from None
    files = {**_missing(files.pop(MISSING, None)), **files}
    if not any(key.startswith(("api/", "nodes/")) for key in files):
        raise ToolError(f"{path} holds no recording", hint=_HINT)
    return files


def key_of(parts: tuple[str, ...]) -> str | None:
    """The key of a path inside a recording or inside a folder that holds it; None for what judging does not read."""
    for start in (0, 1):
        rest = parts[start:]
        if (
            rest in (("plan.json",), (MISSING,))
            or (len(rest) > 1 and rest[0] == "api")
            or (len(rest) == _NESTED and rest[0] == "nodes")
        ):
            return "/".join(rest)
    return None


def most_of(key: str) -> int:
    """How many bytes a file of a recording may have: a node's are short."""
    return MAX_NODE_FILE if key.startswith("nodes/") else MAX_FILE


def _missing(content: bytes | Unavailable | None) -> dict[str, bytes | Unavailable]:
    """Why files are not there, as the recording itself says; whatever else it says is no reason."""
    said = parse_json(content, MISSING) if isinstance(content, bytes) else None
    if isinstance(said, NotObserved) or not isinstance(said, dict):
        return {}
    # A plan that is missing is the tutorial's own, as in recordings that never had one.
    known = [key for key in said if key.startswith(("api/", "nodes/")) and key_of(tuple(key.split("/"))) == key]
    found = {key: _reason(said[key]) for key in known[:MAX_MISSING]}
    return {key: reason for key, reason in found.items() if reason is not None}


def _reason(said: object) -> Unavailable | None:
    """A reason in words, or {"absent": words} where the API server said that there is no such thing."""
    absent = isinstance(said, dict)
    words = said.get("absent") if isinstance(said, dict) else said
    return Unavailable(quote(words), absent=absent) if isinstance(words, str) else None


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
    bounds = _Bounds(path)
    for file in _files_below(root):
        key = key_of(file.relative_to(root).parts)
        if key is None:
            continue
        content = _read_file(root, file, most_of(key))
        bounds.count(key, content if isinstance(content, bytes) else b"")
        if len(files) > MAX_MEMBERS:
            raise _refuse(path, "it is larger than any recording")
        files[key] = content
    return files


def _files_below(root: Path) -> Iterator[Path]:
    """plan.json, missing.json and all files in api/ and nodes/; folders that are links are not entered."""
    yield from (file for file in (root / "plan.json", root / MISSING) if file.exists())
    for top in _TOPS:
        for folder, _, names in os.walk(root / top):
            yield from (Path(folder) / name for name in sorted(names))


def _read_file(root: Path, file: Path, most: int) -> bytes | Unavailable:
    shown = file.relative_to(root)
    try:
        if not file.resolve(strict=True).is_relative_to(root.resolve()):
            return Unavailable(f"{shown} is a link that leads out of the recording")
        details = file.stat()
        if not stat.S_ISREG(details.st_mode):
            return Unavailable(f"{shown} is not a regular file")
        if details.st_size > most:
            return Unavailable(f"{shown} is larger than any file of a recording")
        with file.open("rb") as stream:
            return stream.read(most)
    except (OSError, RuntimeError) as error:
        return Unavailable(f"{shown} cannot be read: {error}")


def _read_archive(path: Path) -> dict[str, bytes | Unavailable]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _refuse(path, "it is neither a folder nor a file")
        return _read_members(path)
    except BadArchiveError as error:
        raise _refuse(path, str(error)) from None


def _read_members(path: Path) -> dict[str, bytes | Unavailable]:
    files: dict[str, bytes | Unavailable] = {}
    roots: set[str] = set()
    bounds = _Bounds(path)
    for member in read_tarball(path, Limits(MAX_MEMBERS, MAX_UNPACKED)):
        key = key_of(member.parts)
        if key is None:
            continue
        _keep(files, roots, path, key, "/".join(member.parts)[: -len(key)])
        if member.size > most_of(key):
            raise _refuse(path, f"{key} in it is larger than any of a recording")
        content = member.read()
        bounds.count(key, content)
        files[key] = content
    return files


class _Bounds:
    """Adds up what is kept of one recording; parsed JSON takes many times its bytes, so its values count, too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = 0
        self._values = 0

    def count(self, key: str, content: bytes) -> None:
        """One more file. Raises ToolError where the recording becomes larger than any."""
        self._kept += len(content) + len(key)
        if key.endswith(".json"):
            self._values += sum(content.count(sign) for sign in (b",", b"{", b"[", b":"))
        if self._kept > MAX_KEPT or self._values > MAX_VALUES:
            raise _refuse(self._path, "it is larger than any recording")
