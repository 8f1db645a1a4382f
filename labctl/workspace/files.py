"""Writes files so that a cut at any moment leaves the old content or the new, never half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from labctl.errors import ToolError


def write_whole(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace path by content with that mode. Raises ToolError naming the path (full disk, no permission)."""
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The temporary file is born 0600, so a secret is never readable on its way.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), mode)
        Path(temporary).replace(path)
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
    """Append one line by a single write, so that two writers or a kill cannot interleave it. Raises ToolError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode() + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ToolError(f"{path} cannot be written: {error.strerror}", hint="free some space") from None
