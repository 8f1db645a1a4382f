"""One computer that fills from the loopback server; Docker there, not there, and failing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_release import PREFIXES, serve_release

from labctl.adapters.limits import Limits
from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.sources.bundle import Bundle, sha256_file
from labctl.sources.upstream import UpstreamSource

QUICK = Limits(connect=2, read=0.4, tries=3, backoff=0.01, longest_backoff=0.05)


class WithoutDocker:
    def run(self, command, **_):
        return Completed(tuple(command), 1, "", "Cannot connect to the Docker daemon")


class WithDocker:
    """Notes what is asked of Docker; `docker export` leaves a file."""

    def __init__(self, fails=None):
        self.commands, self.fails = [], fails

    def run(self, command, **_):
        self.commands.append(tuple(command))
        if self.fails and self.fails in command:
            raise ToolError("docker failed with exit code 100", command=command, output="E: Unable to fetch")
        if command[1] == "export":
            Path(command[3]).write_bytes(b"root file system")
        return Completed(tuple(command), 0, "20.10.24", "")


class Events(list):
    def emit(self, event):
        self.append(event)


class World:
    """One computer (cache, destination) that fills from the server."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.catalogue = serve_release(server)
        self.cache, self.destination = folder / "cache", folder / "bundle"
        self.runner, self.limits, self.events = WithoutDocker(), QUICK, Events()

    @property
    def source(self):
        return UpstreamSource(self.catalogue, cache=self.cache, runner=self.runner, limits=self.limits)

    def fill(self):
        self.source.fill(self.destination, self.events)
        bundle = Bundle.open(self.destination)
        assert bundle.verify() == []
        return bundle

    def refused(self):
        """The error of a fill that must fail, leaving no bundle and no bad file."""
        with pytest.raises(ToolError) as caught:
            self.source.fill(self.destination, self.events)
        assert not self.destination.exists()
        assert [path.name for path in self.folder.iterdir() if path.name.startswith(".bundle")] in (
            [],
            [".bundle.lock"],
        )
        self.cache_is_true()
        return caught.value

    def cache_is_true(self):
        kept = self.cache / "downloads" / "sha256"
        for path in kept.iterdir() if kept.is_dir() else ():
            assert sha256_file(path) == path.name

    def path(self, name):
        """The server's path of a file of the catalogue by the end of its name."""
        file = next(file for file in self.catalogue.files if file.name.startswith(name))
        return f"{PREFIXES[file.mirror]}/{file.path}"
