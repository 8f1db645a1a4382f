"""The upstream source: a bundle from the projects' own servers or their mirrors.

The order of a fill belongs here; what is fetched is catalogue.py's, how fetch.py's, the folder assemble.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labctl.adapters.limits import Limits
from labctl.adapters.ports import ProcessRunner
from labctl.adapters.probe import unanswered
from labctl.errors import LabctlError
from labctl.events import Note, Progress, Reporter
from labctl.sources.bundle import staging
from labctl.sources.staging import disk_errors
from labctl.sources.upstream.catalogue import ARCHITECTURES, Catalogue
from labctl.sources.upstream.mirrors import MIRRORS, REGISTRIES, base_of
from labctl.sources.upstream.store import STEP

PROBE_SECONDS = 3.0


class UpstreamSource:
    """Fills a bundle with the releases that the projects publish. Its downloads are kept in the cache and resumed."""

    name = "upstream"

    def __init__(
        self, catalogue: Catalogue, *, cache: Path, runner: ProcessRunner, limits: Limits | None = None
    ) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._runner = runner
        self._limits = limits

    def unavailable(self) -> str | None:
        """Which servers do not answer, and why; None if all do. Takes at most 3 seconds."""
        arch = self._catalogue.arch
        if arch not in ARCHITECTURES:
            return f"there is nothing published for this computer's architecture ({arch})"
        names = sorted({file.mirror for file in self._catalogue.files} | set(REGISTRIES))
        try:
            urls = {name: f"{base_of(name)}/{MIRRORS[name].probe}" for name in names if name not in REGISTRIES}
            urls.update({name: _api(base_of(name)) for name in REGISTRIES})
        except LabctlError as error:
            return error.message
        failed = unanswered(list(urls.values()), PROBE_SECONDS)
        return _summary(failed) or None

    def fill(self, destination: Path, reporter: Reporter) -> None:
        """Fetch everything and write a whole, verified bundle at destination. Raises ToolError, ConfigError."""
        from labctl.adapters.http import HttpClient
        from labctl.sources.upstream.assemble import assemble
        from labctl.sources.upstream.fetch import Fetcher
        from labctl.sources.upstream.node_root import docker_missing
        from labctl.sources.upstream.pins import Pins
        from labctl.sources.upstream.store import Store

        http = HttpClient(self._limits)
        try:
            with self._cache_locked(reporter):
                no_docker = docker_missing(self._runner)
                store = Store(self._cache / "downloads", http, reporter)
                fetcher = Fetcher(self._catalogue, http, store, Pins(self._cache / "pins.json"))
                fetched = fetcher.fetch(with_base=no_docker is None)
                reporter.emit(Progress(STEP, "assembling the bundle"))
                with staging(destination) as folder, disk_errors(destination):
                    assemble(folder, self._catalogue, fetched, no_docker, self._runner)
        finally:
            http.close()

    @contextmanager
    def _cache_locked(self, reporter: Reporter) -> Iterator[None]:
        """One fill at a time downloads into a cache: partial files have no owner of their own."""
        from filelock import FileLock, Timeout

        with disk_errors(self._cache):
            self._cache.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._cache / "downloads.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            reporter.emit(Note("another labctl fills a bundle; waiting for it"))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _api(base: str) -> str:
    """The address by which a registry says that it is one; its repositories' prefix does not belong to it."""
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/v2/"


def _summary(failed: Mapping[str, str]) -> str:
    """One part for each reason; of a server that answers not at all its address is enough."""
    by_reason: dict[str, list[str]] = {}
    for url, why in failed.items():
        server = "/".join(url.split("/")[:3])
        by_reason.setdefault(why, []).append(url if why.startswith("answered") else server)
    return "; ".join(f"{', '.join(dict.fromkeys(urls))}: {why}" for why, urls in by_reason.items())
