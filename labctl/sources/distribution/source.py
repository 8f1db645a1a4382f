"""The source `distribution`: makes a bundle from this computer's package registries, as its package clients are set up.

Parts and their order stand in parts.py; how a bundle's folder is checked and put in place, in labctl/sources/bundle.py.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.events import Note, Reporter
from labctl.releases import Release
from labctl.sources.bundle import disk_errors, staging
from labctl.sources.distribution import apt_sources
from labctl.sources.distribution.apt import PrivateApt
from labctl.sources.distribution.assemble import assemble, is_current
from labctl.sources.distribution.golang import COMPILER
from labctl.sources.distribution.part import Workshop, forget_others, obtain
from labctl.sources.distribution.parts import PARTS
from labctl.sources.distribution.schedule import make

_TOOLS = ("apt-get", "apt-cache", "dpkg-deb", "mmdebstrap")
# /etc/os-release of the one distribution that has these versions of Docker, etcd and Go.
_SUITE = ("debian", "bookworm")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class DistributionSource:
    """Fulfils sources.interface.Source. cache is the build cache (<cache dir>/build)."""

    name = "distribution"

    def __init__(self, *, cache: Path, runner: ProcessRunner, release: Release) -> None:
        self._cache = cache.absolute()
        self._runner = runner
        self._release = release

    def unavailable(self) -> str | None:
        """Why this computer cannot build a bundle, None if it can: looks at files, asks apt's local lists."""
        if platform.machine() not in _ARCHITECTURES:
            return f"it is for amd64 and arm64, this computer is {platform.machine()}"
        suite = (apt_sources.distribution_id(), apt_sources.codename())
        if suite != _SUITE:
            return f"it is for Debian 12 (bookworm), this computer is {' '.join(suite).strip() or 'unknown'}"
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            return f"{missing[0]} is missing: `labctl setup` installs it"
        if os.geteuid() != 0 and shutil.which("newuidmap") is None:
            return "an ordinary user needs newuidmap: install uidmap, or run `labctl bundle create` as root"
        return self._lists_lack_compiler()

    def fill(self, destination: Path, reporter: Reporter) -> None:
        """Write a whole, verified bundle at destination; a bundle there that would not change stays.

        Raises ToolError: a package client or compiler failed, a checksum is wrong, the disk is full.
        """
        # Only fills need it, and it takes a while to import.
        from filelock import FileLock

        with disk_errors(self._cache):
            self._cache.mkdir(parents=True, exist_ok=True)
            # Two fills share the parts: the second waits and finds them made.
            with FileLock(self._cache / "lock"):
                notes = self._make(destination, reporter)
        for note in notes:
            reporter.emit(Note(note))

    def _make(self, destination: Path, reporter: Reporter) -> list[str]:
        apt = PrivateApt(self._cache / "apt", self._runner)
        shop = Workshop(
            cache=self._cache,
            runner=self._runner,
            release=self._release,
            reporter=reporter,
            arch=_ARCHITECTURES[platform.machine()],
            apt=apt,
        )
        shutil.rmtree(self._cache / "tmp", ignore_errors=True)
        shop.tell("package lists")
        note = apt.refresh()
        make(PARTS, lambda part: obtain(part, shop), shop.results, self._runner.cancel)
        forget_others(self._cache, shop.results)
        if is_current(shop, destination):
            shop.tell("the bundle is up to date")
        else:
            shop.tell("putting the bundle together")
            with staging(destination) as folder:
                assemble(shop, folder)
        return [] if note is None else [note]

    def _lists_lack_compiler(self) -> str | None:
        try:
            done = self._runner.run(["apt-cache", "policy", COMPILER], timeout=2.5, check=False)
        except ToolError:
            # Without a cache file apt reads all lists, which a busy computer does not do in time: fill will tell.
            return None
        if "Candidate: (none)" in done.stdout:
            return f"the package sources of this computer have no {COMPILER}"
        return None
