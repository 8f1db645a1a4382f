"""A file that is still arriving, with what is needed to go on after a cut, a kill or a restart.

Beside the partial file stands a small JSON document: where its bytes come from and the server's mark of that version
(strong ETag or Last-Modified), for If-Range (RFC 9110, sections 13.1.5 and 14). Asking servers is http.py's.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Where a partial file's bytes come from; total in bytes, None where the server did not say."""

    url: str
    validator: str | None
    total: int | None


class PartialFile:
    """path holds the bytes so far, path + ".json" their origin. Survives kill -9 at any moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(path.name + ".json")

    def size(self) -> int:
        """Bytes that have arrived."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def origin(self) -> Origin | None:
        """What the note says; None if there is none or a kill left half of it."""
        try:
            data = json.loads(self._note.read_text(encoding="utf-8"))
            return Origin(str(data["url"]), data["validator"], data["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def start(self, origin: Origin) -> None:
        """Begin from nothing: the file is emptied before the note is written, so a note never tells of older bytes."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        temporary = self._note.with_name(f"{self._note.name}.{os.getpid()}")
        temporary.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        temporary.replace(self._note)

    def append(self) -> io.RawIOBase:
        """The file, open for appending (write_all). Unbuffered: what was written is there after a kill."""
        return self.path.open("ab", buffering=0)

    def sha256(self) -> str:
        """The sha256 of what has arrived, hexadecimal."""
        digest = hashlib.sha256()
        with self.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()

    def discard(self) -> None:
        """Forget all of it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, destination: Path) -> None:
        """Take the file to its place, atomically."""
        destination.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(destination)
        self._note.unlink(missing_ok=True)


def write_all(stream: io.RawIOBase, data: bytes) -> None:
    """Write all of data: a raw write to a disk that is nearly full may take a part and say so by its count only."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) or 0 :]


def validator(headers: Mapping[str, str]) -> str | None:
    """What If-Range may carry: a strong ETag, else Last-Modified, else nothing."""
    tag = headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    return headers.get("last-modified")
