"""Downloaded files by their content, kept between fills: <cache>/downloads/sha256/<hex>, unfinished ones in partial/.

A file is in sha256/ only under its true checksum, which is computed again at each use. What files mean is source.py's.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from labctl.adapters.http import HttpClient, Remote
from labctl.adapters.partial import PartialFile
from labctl.events import Reporter, Transfer
from labctl.sources.bundle import sha256_file
from labctl.sources.staging import disk_errors

STEP = "fill_bundle"
# A progress bar needs no more than this many events a second.
_EVENTS_PER_SECOND = 8
Judge = Callable[[Path], None]


class Store:
    """Fetches into the cache. Threads may share it for different files, processes may not (source.py locks)."""

    def __init__(self, root: Path, http: HttpClient, reporter: Reporter) -> None:
        self.root = root
        self.http = http
        self._reporter = reporter

    def have(self, sha256: str) -> Path | None:
        """The file of that content, if it is here undamaged."""
        path = self.root / "sha256" / sha256
        if not path.is_file():
            return None
        if sha256_file(path) == sha256:
            return path
        path.unlink()
        return None

    def fetch(self, remote: Remote, name: str, judge: Judge | None = None) -> tuple[Path, str]:
        """(place, sha256) of the file, downloaded unless its checksum is known and it is here.

        judge looks at the whole file before it is kept and raises ToolError if it must not be.
        """
        if remote.sha256 is not None:
            found = self.have(remote.sha256)
            if found is not None:
                size = found.stat().st_size
                self._reporter.emit(Transfer(STEP, name, size, size))
                return found, remote.sha256
        partial = PartialFile(self.root / "partial" / _partial_name(remote))
        sha256 = self.http.download(remote, partial, self._progress(name))
        if judge is not None:
            try:
                judge(partial.path)
            except BaseException:
                partial.discard()
                raise
        place = self.root / "sha256" / sha256
        with disk_errors(place):
            partial.finish(place)
        size = place.stat().st_size
        self._reporter.emit(Transfer(STEP, name, size, size))
        return place, sha256

    def _progress(self, name: str) -> Callable[[int, int | None], None]:
        last = 0.0

        def show(done: int, total: int | None) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= 1 / _EVENTS_PER_SECOND:
                last = now
                self._reporter.emit(Transfer(STEP, name, done, total))

        return show


def _partial_name(remote: Remote) -> str:
    """One name for one content where it is known (mirrors share it), else one for one address; readable at its end."""
    key = remote.sha256 or hashlib.sha256(remote.url.encode()).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9.+~_-]", "_", remote.url.rpartition("/")[2])[-80:]
    return f"{key[:20]}-{readable}"
