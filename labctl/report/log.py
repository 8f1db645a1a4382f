"""The log file of a run: every event with its time. What tools print goes to files of their own (adapters)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from labctl.events import Event, Transfer
from labctl.report import words
from labctl.report.throttle import Throttle

_TRANSFER_SECONDS = 5.0


class LogReporter:
    """Appends all events to a file (mode 0600); of a transfer one line in five seconds and its end."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._throttle = Throttle(_TRANSFER_SECONDS, clock)
        self._lock = threading.Lock()
        self._begun = clock()

    def emit(self, event: Event) -> None:
        """Append the event's line. A full disk is told by whoever needs the space, not by the log."""
        with self._lock:
            if isinstance(event, Transfer) and not self._throttle.passes(event):
                return
            now = self._clock()
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
            line = f"{stamp} {now - self._begun:8.1f} s  {type(event).__name__:<12} {words.line(event)}\n"
            try:
                # Opened for each line: the folder may be removed under us (destroy), and a kill loses nothing.
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(descriptor, line.encode(errors="backslashreplace"))
                finally:
                    os.close(descriptor)
            except OSError:
                return

    def close(self) -> None:
        """Nothing is kept open."""
