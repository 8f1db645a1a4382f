"""Checksums that no release data holds, remembered from the first fill: another content later is an error.

A pin is keyed by the original address (not the mirror's) or the image's name, so that a change of mirror is noticed.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from labctl.errors import ToolError
from labctl.sources.staging import disk_errors

_SCHEMA = "labctl.pins/v1"


class Pins:
    """The pins file of a cache: {"schema": …, "pins": {what: sha256}}, replaced atomically at each new pin."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._pins = self._read()

    def get(self, what: str) -> str | None:
        """The sha256 (hexadecimal) that `what` had at its first fill; None if it was never fetched."""
        return self._pins.get(what)

    def advice(self, what: str) -> str:
        """What to do where another content is right."""
        return (
            f"its checksum was pinned at the first fill: if another content is right, remove the line {what} "
            f"from {self._path}"
        )

    def check(self, what: str, sha256: str, url: str) -> None:
        """Pin `what` now, or compare with its pin. Raises ToolError naming both contents."""
        with self._lock:
            pinned = self._pins.setdefault(what, sha256)
            if pinned != sha256:
                raise ToolError(
                    f"{url}: {what} has changed: it has sha256 {sha256}, at the first fill it had {pinned}",
                    hint=self.advice(what),
                )
            self._write()

    def _read(self) -> dict[str, str]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            if document["schema"] != _SCHEMA:
                raise ValueError(f"schema {document['schema']!r}")
            return {str(what): str(sha256) for what, sha256 in document["pins"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolError(
                f"{self._path} cannot be read: {error}",
                hint="it remembers what was fetched at the first fill; remove it to pin everything anew",
            ) from error

    def _write(self) -> None:
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with disk_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"schema": _SCHEMA, "pins": dict(sorted(self._pins.items()))}, indent=1)
            temporary.write_text(text + "\n", encoding="utf-8")
            temporary.replace(self._path)
