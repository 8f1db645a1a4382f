"""End-to-end tests drive the installed `labctl` as a user does; labs live in a data folder of their own.

The bundle is the user's cached one: the first test of a new machine builds it (or fills it from upstream).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hard_use import NODES


@dataclass
class Ended:
    """A labctl that has ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def steps(self, event: str) -> list[str]:
        return [each["step"] for each in self.events if each["event"] == event]


@dataclass
class Labctl:
    """Runs labctl with its labs in `data`; one run may take `patience` seconds."""

    data: Path
    folder: Path
    patience: float = 1500

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LABCTL_DATA_DIR": str(self.data), "NO_COLOR": "1"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "labctl", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str, code: int | None = 0) -> Ended:
        begun = time.monotonic()
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=self.patience)
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            raise
        print(f"labctl {' '.join(arguments)}: exit {process.returncode}, {time.monotonic() - begun:.1f} s", flush=True)
        ended = Ended(process.returncode, out, err)
        if code is not None:
            assert ended.code == code, f"labctl {' '.join(arguments)}\n{out[-6000:]}\n{err[-6000:]}"
        return ended

    def killed_at(self, arguments: list[str], reached: Callable[[dict[str, Any]], bool]) -> None:
        """Run labctl and kill -9 it alone, not its children, at the first event for which reached() is true."""
        process = self.start(*arguments, "-o", "json")
        assert process.stdout is not None
        for line in process.stdout:
            if reached(json.loads(line)):
                break
        else:
            process.wait()
            raise AssertionError(f"it ended before it was reached: {process.stderr.read()}")  # type: ignore[union-attr]
        process.kill()
        process.stdout.close()
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait() == -signal.SIGKILL


@pytest.fixture(scope="session")
def labctl() -> Iterator[Labctl]:
    # Not pytest's own folder: other runs of pytest on this computer prune that while labs live in it.
    with tempfile.TemporaryDirectory(prefix="labctl-e2e-") as folder:
        runner = Labctl(Path(folder, "data"), Path(folder, "cwd"))
        runner.data.mkdir()
        runner.folder.mkdir()
        yield runner
        labs = runner.data / "labs"
        for lab in sorted(labs.iterdir()) if labs.is_dir() else []:
            if lab.is_dir():
                runner("destroy", "--yes", "-n", lab.name, code=None)


def four_nodes(name: str, network: str) -> str:
    """A lab file with the tutorial's four nodes in another network, such as 192.168.61."""
    roles = ("control-plane", "worker", "worker", "worker")
    nodes = enumerate(zip(NODES, roles, strict=True))
    rows = [f"  - {{name: {node}, role: {role}, ip: {network}.1{at}}}\n" for at, (node, role) in nodes]
    return f"name: {name}\nprovider: docker\nnodes:\n{''.join(rows)}"


def docker(*arguments: str) -> str:
    """Output of the host's docker."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def until(condition: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def static_pods(master: str) -> dict[str, str]:
    """Name of a control plane's component -> the text of its manifest, in that container."""
    names = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return {name: docker("exec", master, "cat", f"/etc/kubernetes/manifests/{name}.yaml") for name in names}
