"""What every source of a bundle offers; one file (or folder) a source fulfils it.

How a bundle is laid out and checked stands in bundle.py, which source serves here in auto.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from labctl.events import Reporter


class Source(Protocol):
    """Fills a bundle. name is what `--source` takes: upstream, distribution or folder."""

    name: str

    def unavailable(self) -> str | None:
        """Why this source cannot serve on this computer, None if it can. Takes at most 3 seconds."""
        ...

    def fill(self, destination: Path, reporter: Reporter) -> None:
        """Write a whole, verified bundle at destination, or raise ToolError and leave destination as it was."""
        ...
