"""The folder source: a bundle that somebody copied here, on a USB stick or over the local network.

Only copying belongs here; what a bundle is and whether it is whole bundle.py knows. No network is used.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from labctl.errors import ToolError
from labctl.events import Progress, Reporter, Transfer
from labctl.sources.bundle import MANIFEST, Bundle, staging
from labctl.sources.staging import disk_errors

_STEP = "fill_bundle"
# So many damaged files are named in the message itself; the output names all.
_SHOWN = 5


class FolderSource:
    """Copies the bundle in a folder; where that is the destination, it is used in place."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def unavailable(self) -> str | None:
        """Why the folder holds no bundle, None if it has a readable manifest."""
        try:
            Bundle.open(self.folder)
        except ToolError as error:
            return error.message
        return None

    def fill(self, destination: Path, reporter: Reporter) -> None:
        """Check every file, then copy the bundle. Raises ToolError naming the damaged files."""
        bundle = Bundle.open(self.folder)
        reporter.emit(Progress(_STEP, f"checking every file of {self.folder}"))
        require_whole(bundle)
        if destination.exists() and destination.samefile(self.folder):
            return
        with staging(destination) as folder, disk_errors(destination):
            for entry in bundle.manifest.files:
                target = folder / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(bundle.path(entry.path), target)
                # The stick may have lost the modes.
                target.chmod(int(entry.mode, 8))
                reporter.emit(Transfer(_STEP, entry.path, entry.size, entry.size))
            shutil.copyfile(self.folder / MANIFEST, folder / MANIFEST)
            (folder / MANIFEST).chmod(0o644)


def require_whole(bundle: Bundle) -> None:
    """Raise ToolError naming each damaged file. Files that the manifest does not know (a stick's own) do not matter."""
    damaged = [p for p in bundle.verify() if p.what != "is not in the manifest"]
    if damaged:
        lines = [f"{problem.path} {problem.what}" for problem in damaged]
        more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        raise ToolError(
            f"the bundle in {bundle.root} is damaged: {'; '.join(lines[:_SHOWN])}{more}",
            hint="copy it again from where it was whole (labctl bundle verify tells), or fill another: "
            "labctl bundle create",
            output="\n".join(lines),
        )
