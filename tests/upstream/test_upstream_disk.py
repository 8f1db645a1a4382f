"""A disk that is full and a fill that is killed: nothing bad is left, and the next fill goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import loopback
import pytest

from labctl.sources.bundle import Bundle, sha256_file

HERE = Path(__file__).parent
# The source of a World, in a process of its own: arguments are base (server), cache, destination, file size limit.
FILL = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from pathlib import Path
from upstream_world import QUICK, Events, WithoutDocker
from tiny_release import content, sha256
from labctl.cli.failure import tell
from labctl.errors import LabctlError
from labctl.sources.upstream import UpstreamSource
from labctl.sources.upstream.catalogue import tutorial_catalogue

limit = int(sys.argv[4])
if limit:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
catalogue = tutorial_catalogue("amd64")
files = tuple(replace(f, sha256=sha256(content(f))) if f.sha256 else f for f in catalogue.files)
limits = replace(QUICK, read=20)
source = UpstreamSource(
    replace(catalogue, files=files), cache=Path(sys.argv[2]), runner=WithoutDocker(), limits=limits
)
try:
    source.fill(Path(sys.argv[3]), Events())
except LabctlError as error:
    print(error.message, "|", error.hint)
    sys.exit(error.exit_code)
"""


def start(world, limit=0, destination=None, cache=None):
    places = [str(cache or world.cache), str(destination or world.destination)]
    return subprocess.Popen(
        [sys.executable, "-c", FILL, str(HERE), *places, str(limit)],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 600 kB; None where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "labctl-test", str(place)], capture_output=True, check=False
    )
    yield place if mount.returncode == 0 else None
    if mount.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)


def test_a_file_that_may_not_grow(world):
    refused_by_limit(world)


def refused_by_limit(world):
    process = start(world, limit=90_000)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 4, out
    assert "File too large" in out
    assert not world.destination.exists()
    world.cache_is_true()
    world.fill()


@pytest.mark.parametrize("full", ["cache", "destination"])
def test_a_full_disk(world, small_disk, full):
    if small_disk is None:
        # An ordinary user may not mount: the limit on a file's size is the nearest to a full disk.
        refused_by_limit(world)
        return
    place = small_disk / "x"
    process = start(world, **{full: place})
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 4, out
    assert "the disk is full" in out
    assert "make room" in out
    if full == "destination":
        assert sorted(path.name for path in small_disk.iterdir()) in ([], [".x.lock"])
    else:
        assert not world.destination.exists()
        for path in place.glob("downloads/sha256/*"):
            assert sha256_file(path) == path.name
    world.fill()


def test_killed_in_the_middle(world):
    path = world.path("kubelet")
    world.server.faults[path].append(loopback.stall_after(80_000))
    process = start(world)
    deadline = time.monotonic() + 30
    partial = world.cache / "downloads" / "partial"
    while not any(p.stat().st_size == 80_000 for p in partial.glob("*-kubelet")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not world.destination.exists()
    world.cache_is_true()
    done = {p.name for p in (world.cache / "downloads" / "sha256").glob("*")}
    world.server.seen.clear()
    bundle = world.fill()
    assert [seen.range for seen in world.server.gets(path)] == ["bytes=80000-"]
    # What was whole before the kill is not fetched again.
    fetched = [seen for seen in world.server.seen if "/blobs/" in seen.path and seen.status == 200]
    assert not [seen.path for seen in fetched if seen.path.rpartition(":")[2] in done]
    assert bundle.verify() == []


def test_killed_while_assembling(world):
    """Whatever moment: the destination is whole or not there, and the next fill succeeds."""
    world.fill()
    subprocess.run(["rm", "-r", str(world.destination)], check=True)
    for wait in (0.5, 0.8, 1.1):
        process = start(world)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if world.destination.exists():
            assert Bundle.open(world.destination).verify() == []
    world.fill()
    assert sorted(p.name for p in world.folder.iterdir()) == [".bundle.lock", "bundle", "cache"]
    assert json.loads((world.cache / "pins.json").read_text())["schema"] == "labctl.pins/v1"
