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
        self._require_whole(bundle)
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

    def _require_whole(self, bundle: Bundle) -> None:
        # Files that the manifest does not know (a stick's own) do not matter: they are not copied.
        damaged = [p for p in bundle.verify() if p.what != "is not in the manifest"]
        if damaged:
            raise ToolError(
                f"the bundle in {self.folder} is damaged: "
                + "; ".join(f"{problem.path} {problem.what}" for problem in damaged[:5])
                + (f"; and {len(damaged) - 5} more" if len(damaged) > 5 else ""),  # noqa: PLR2004
                hint="copy it again from where it was whole (labctl bundle verify tells), or fill another: "
                "labctl bundle create",
                output="\n".join(f"{problem.path} {problem.what}" for problem in damaged),
            )
