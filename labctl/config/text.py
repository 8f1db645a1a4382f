"""Reads a lab file's text from disk, and shows pieces of it safely in messages.

What the text means as YAML is document.py's business.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

MAX_BYTES = 1024 * 1024
# YAML 1.2, section 5.1: what a stream may hold; PyYAML's two loaders differ in how they tell the rest.
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class UnreadableError(Exception):
    """The file holds no text that could be YAML; line counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def read(path: Path) -> str:
    """The file as text. Raises UnreadableError: missing, no plain file, too large, not UTF-8, control characters."""
    data = _bytes(path)
    if not data.strip():
        raise UnreadableError("this file is empty, a lab file needs nodes: 0 nodes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"this is not UTF-8 text: byte 0x{data[error.start]:02x}", line) from None
    if bad := _NOT_TEXT.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise UnreadableError(f"control characters have no place in a lab file: {show(bad.group())}", line)
    return text


def _bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        # Opening a pipe or a terminal would wait for ever.
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise UnreadableError(f"cannot be read: {kind}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise UnreadableError(f"cannot be read: {error}") from None
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"this file is larger than a lab file can be: more than {MAX_BYTES} bytes")
    return data


def show(text: str, longest: int = 80) -> str:
    """Text for a message: short, on one line, nothing in it that a terminal would obey."""
    short = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
