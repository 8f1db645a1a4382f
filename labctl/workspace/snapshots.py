"""The snapshots of one lab, by what is known of each here; the data is the provider's business.

A snapshot is there when its file is: the file is written whole, last of all, and names the data by an id of its own.
So a save that was cut leaves the old snapshot of that name whole, and data that no file names is left over.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from labctl.errors import ConfigError, ToolError, UsageError
from labctl.workspace.files import write_whole

READY = "ready"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class Snapshot:
    """One snapshot: its name, the id of its data, the plan it was made of, when (ISO 8601, UTC), its size in bytes.

    checksum: what the provider computed over the data when it was saved. Where a hypervisor keeps it, size is None and
    checksum is empty. certificates_until: when the first certificate in it ends (seconds since 1970), None where that
    was not seen.
    """

    name: str
    id: str
    plan: str
    release: str
    kubernetes: str
    nodes: tuple[str, ...]
    created: str
    size: int | None
    checksum: str
    certificates_until: int | None = None


class Snapshots:
    """The files snapshots/NAME.json in a lab's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Snapshot]:
        """All, the oldest first. Raises ConfigError where a file is damaged."""
        found = [self._read(path) for path in sorted(self._folder.glob("*.json"))]
        return sorted(found, key=lambda snapshot: snapshot.created)

    def get(self, name: str) -> Snapshot:
        """The snapshot of that name. Raises UsageError naming the ones there are."""
        found = self.find(name)
        if found is None:
            names = ", ".join(snapshot.name for snapshot in self.all()) or "none"
            raise UsageError(f"there is no snapshot {name}", hint=f"there are: {names}")
        return found

    def find(self, name: str) -> Snapshot | None:
        """The snapshot of that name, None if there is none. Raises ConfigError where its file is damaged."""
        path = self._folder / f"{name}.json"
        return self._read(path) if _NAME.fullmatch(name) and path.exists() else None

    def put(self, snapshot: Snapshot) -> None:
        """Make it the one of its name. Raises ToolError."""
        write_whole(self._folder / f"{snapshot.name}.json", json.dumps(asdict(snapshot), indent=2) + "\n")

    def forget(self, snapshot: Snapshot) -> None:
        """It is there no more; its data may go now. Raises ToolError."""
        try:
            (self._folder / f"{snapshot.name}.json").unlink(missing_ok=True)
        except OSError as error:
            raise ToolError(f"{error.filename} cannot be removed: {error.strerror}") from None

    @staticmethod
    def new_id() -> str:
        """An id for data that is to be saved."""
        return secrets.token_hex(4)

    @staticmethod
    def check_name(name: str) -> None:
        """Raise UsageError where name is none: lower-case letters, digits and dashes, 40 at most."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name for a snapshot", hint="lower-case letters, digits and dashes, 40 at most"
            )

    def _read(self, path: Path) -> Snapshot:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return Snapshot(**{**data, "nodes": tuple(data["nodes"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(
                f"{path} cannot be read: {error!r}", hint=f"remove it: the snapshot {path.stem} is then there no more"
            ) from None
