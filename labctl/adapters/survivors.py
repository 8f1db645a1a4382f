"""Finds and ends the processes that an earlier, killed run of labctl left running, and no others.

What belongs to a run is known by the run's mark in the process's environment (process.py) together with the run's
start, which the journal notes: a process older than the run cannot be its child.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from labctl.adapters.process import MARK


@dataclass(frozen=True)
class Survivor:
    """A process of an earlier run: its id, start (seconds since the epoch) and command line."""

    pid: int
    started: float
    command: tuple[str, ...]

    @property
    def must_finish(self) -> bool:
        """Vagrant is awaited: cut off in the middle it leaves machines half made. The others begin again safely."""
        # The program itself, or the script that an interpreter runs; not an argument such as ssh's `User=vagrant`.
        return any(Path(word).name == "vagrant" for word in self.command[:2])


def process_started(pid: int) -> float | None:
    """When the process began (seconds since the epoch), None if there is none of that id."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def find(run_id: str, not_before: float) -> list[Survivor]:
    """The living processes of that run, oldest first."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            started = float(process.create_time())
            # One second of slack: the kernel's boot time, from which starts are counted, is rounded.
            if started < not_before - 1 or process.environ().get(MARK) != run_id:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(Survivor(process.pid, started, tuple(process.cmdline())))
    return sorted(found, key=lambda survivor: survivor.started)


def end(survivors: list[Survivor], announce: Callable[[str], None], patience: float = 600.0) -> None:
    """Await those that must finish (at most patience seconds), then end the rest: terminate, 10 s later kill."""
    living = [p for s in survivors if (p := _same(s)) is not None]
    waited = [p for s in survivors if s.must_finish and (p := _same(s)) is not None]
    if waited:
        announce(f"an earlier run's vagrant still works (process {waited[0].pid}): waiting for it to finish")
        psutil.wait_procs(waited, timeout=patience)
    remaining = [p for p in living if p.is_running()]
    if remaining:
        announce(f"ending {len(remaining)} processes that an earlier run left")
    for process in remaining:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(remaining, timeout=10)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=10)


def _same(survivor: Survivor) -> psutil.Process | None:
    try:
        process = psutil.Process(survivor.pid)
        return process if abs(process.create_time() - survivor.started) < 1 else None
    except psutil.Error:
        return None
