"""Writes files so that a cut at any moment leaves the old content or the new, never half of one."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from labctl.errors import ToolError

# What is not whole yet ends so, after a dot, its name and what the module tempfile adds: a kill may leave it behind.
PART = ".part"
_LEFT = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


def write_whole(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace path by content with that mode; it is on the disk then. Raises ToolError naming the path."""
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The temporary file is born 0600, so a secret is never readable on its way.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
        try:
            _write(descriptor, data)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        Path(temporary).replace(path)
        _sync_folder(path.parent)
    except BaseException as error:  # Ctrl-C leaves no half a file either
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        if not isinstance(error, OSError):
            raise
        raise ToolError(
            f"{path} cannot be written: {error.strerror}", hint="free some space or correct the permissions"
        ) from None


def append_line(path: Path, line: str) -> None:
    """Append one line, by a single write where the disk takes it: a kill cannot cut it. Raises ToolError.

    Where the last line was cut all the same (by a full disk, a power cut) this one begins below it.
    """
    data = line.encode() + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            _write(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ToolError(f"{path} cannot be written: {error.strerror}", hint="free some space") from None


def _write(descriptor: int, data: bytes) -> None:
    """Write all of data: a disk that is nearly full takes a part, and says only when asked again that it is full."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def clear_parts(folder: Path) -> None:
    """Remove what kills in the middle of a write have left below folder; nobody may be writing there."""
    for path in folder.rglob(f".*{PART}"):
        if not _LEFT.fullmatch(path.name):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Let the new name outlast a power cut. Where a file system cannot: the old content is whole, too."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
