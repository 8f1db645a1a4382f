"""The distribution's package registry, asked through apt as this computer is set up.

A private apt root in the build cache keeps lists, state and downloads apart from the computer's own, so that no
rights are needed, nothing is installed and third-party sources stay out. What packages are for does not belong here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.sources.distribution import apt_sources

# Debian refreshes its archive four times a day; security updates come at any time.
_LISTS_AGE_SECONDS = 12 * 3600
_HINT = "check the package sources with `apt-get update`, then try again: what was fetched already is kept"


@dataclass(frozen=True)
class Deb:
    """A package file: its name as apt saves it (package_version_arch.deb, with %3a for a colon) and its URL."""

    file: str
    url: str

    @property
    def package(self) -> str:
        """The package's name."""
        return self.file.split("_")[0]

    @property
    def full_version(self) -> str:
        """The package's version as apt takes it, epoch included."""
        return self.file.split("_")[1].replace("%3a", ":")

    @property
    def upstream_version(self) -> str:
        """The project's own part of the version: 20.10.24+dfsg1-1+deb12u1 -> 20.10.24."""
        return re.split(r"[-+~]", self.full_version.rpartition(":")[2])[0]


class PrivateApt:
    """apt with its own state below root. status is a dpkg status file to resolve against; None is an empty system."""

    def __init__(self, root: Path, runner: ProcessRunner, *, etc: Path = Path("/etc/apt")) -> None:
        self._root = root
        self._runner = runner
        self._etc = etc
        self._config = root / "apt.conf"

    @property
    def sources(self) -> list[Path]:
        """The sources in use: one file an entry, the distribution's own only."""
        return sorted((self._root / "sources").iterdir())

    @property
    def acquire_config(self) -> Path:
        """An apt.conf with the computer's own Acquire settings (proxies, time-outs) and nothing else."""
        return self._root / "acquire.conf"

    def refresh(self) -> str | None:
        """Bring the package lists up to date if they are old. Returns a note if old lists had to do.

        Raises ToolError: apt-get is missing, no source of this distribution answers.
        """
        stamp = self._root / "updated"
        self._configure()
        if stamp.exists() and time.time() - stamp.stat().st_mtime < _LISTS_AGE_SECONDS and self.sources:
            return None
        kept = stamp.exists()
        apt_sources.split(self._etc, self._root / "sources")
        done = self._runner.run(["apt-get", "update"], env=self._env(), timeout=300, check=False)
        apt_sources.drop_foreign(self._root / "sources", self._targets())
        if done.returncode != 0 and kept and self.sources:
            return "the package sources do not answer: older package lists were used"
        if not self.sources:
            raise ToolError(
                "no package source of this distribution answers", hint=_HINT, command=done.command, output=done.output
            )
        stamp.write_text("", encoding="utf-8")
        return None

    def closure(self, names: Sequence[str], *, status: Path | None = None) -> list[Deb]:
        """What installing names would fetch, without recommended packages, in apt's order. Raises ToolError."""
        command = ["apt-get", *self._status(status), "install", "--yes", "--print-uris", *names]
        output = self._runner.run(command, env=self._env(), timeout=120).stdout
        return _debs(output)

    def download(self, debs: Sequence[Deb], into: Path) -> list[Path]:
        """Fetch packages into an empty folder; apt checks each against the signed lists as it arrives.

        Raises ToolError: a package is gone from the registry, the network is down, the disk is full.
        """
        into.mkdir(parents=True, exist_ok=True)
        wanted = [f"{deb.package}={deb.full_version}" for deb in debs]
        try:
            self._runner.run(["apt-get", "download", *wanted], cwd=into, env=self._env(), timeout=1800)
        except ToolError as error:
            raise ToolError(
                "packages could not be fetched", hint=_HINT, command=error.command, output=error.output
            ) from error
        return [into / deb.file for deb in debs]

    def candidates(self, names: Sequence[str]) -> list[Deb]:
        """The newest versions that the lists have, in the order of names. Raises ToolError: a name is not there."""
        command = ["apt-get", "download", "--print-uris", *names]
        output = self._runner.run(command, env=self._env(), timeout=120).stdout
        found = {deb.package: deb for deb in _debs(output)}
        absent = [name for name in names if name not in found]
        if absent:
            raise ToolError(
                f"the distribution lacks the package {absent[0]}", hint=_HINT, command=command, output=output
            )
        return [found[name] for name in names]

    def extract(self, debs: Sequence[Path], into: Path) -> None:
        """Unpack package files into a folder, without running any of their scripts."""
        for deb in debs:
            self._runner.run(["dpkg-deb", "--extract", str(deb), str(into)], timeout=300)

    def _configure(self) -> None:
        for folder in ("state/lists/partial", "cache/archives/partial", "sources"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        (self._root / "state/status").touch()
        dump = self._runner.run(["apt-config", "dump"], timeout=30).stdout
        acquire = "".join(
            f"{line}\n"
            for line in dump.splitlines()
            if re.match(r'Acquire::(?!IndexTargets|Changelogs)\S+ ".+";$', line)
        )
        self.acquire_config.write_text(acquire, encoding="utf-8")
        own = {
            # The computer's other settings (hooks that clean its own cache, pins) have no business here.
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": f"{self._root}/sources/",
            "Dir::State": f"{self._root}/state/",
            "Dir::State::status": f"{self._root}/state/status",
            "Dir::Cache": f"{self._root}/cache/",
            "Dir::Log": f"{self._root}/",
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            # Root's cache folder is closed to the user _apt.
            "APT::Sandbox::User": "root",
        }
        lines = "".join(f'{key} "{value}";\n' for key, value in own.items())
        self._config.write_text(acquire + lines, encoding="utf-8")

    def _env(self) -> dict[str, str]:
        return {"APT_CONFIG": str(self._config), "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}

    def _targets(self) -> list[tuple[str, str]]:
        """(origin, source file) of every package list that arrived."""
        form = "--format=$(ORIGIN)|$(SOURCESENTRY)"
        command = ["apt-get", "indextargets", form, "Created-By: Packages"]
        output = self._runner.run(command, env=self._env(), timeout=60).stdout
        pairs = (line.partition("|") for line in output.splitlines())
        return [(origin, entry.rpartition(":")[0]) for origin, _, entry in pairs]

    @staticmethod
    def _status(status: Path | None) -> list[str]:
        # A cache file of its own: apt would make the shared one anew each time that the system changes.
        return [] if status is None else ["-o", f"Dir::State::status={status}", "-o", "Dir::Cache::pkgcache=other.bin"]


def _debs(uris: str) -> list[Deb]:
    """What apt's --print-uris lists, in its order."""
    return [Deb(file, url) for url, file in re.findall(r"^'([^']+)' (\S+\.deb) \d+", uris, re.MULTILINE)]
