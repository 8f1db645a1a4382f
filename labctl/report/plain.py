"""Progress as plain lines: for pipes, CI, dumb terminals and NO_COLOR."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

from labctl.events import Event, Note, Progress, StepFailed, StepFinished, StepSkipped, StepStarted, Transfer
from labctl.report import words
from labctl.report.throttle import Throttle

# Often enough to see that it lives, seldom enough to read the log of a long wait.
EVERY_SECONDS = 15.0


class PlainReporter:
    """One line for each event worth one, the step's place before it; written at once."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._throttle = Throttle(EVERY_SECONDS, clock)
        self._places: dict[str, str] = {}
        self._at_work: set[str] = set()
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Write the event's line. A stream that takes no more is no reason to stop the work."""
        with self._lock:
            if not self._throttle.passes(event):
                return
            try:
                self._stream.write(f"{self._line(event)}\n")
                self._stream.flush()
            except (OSError, ValueError):
                return

    def close(self) -> None:
        """Nothing is kept open."""

    def _line(self, event: Event) -> str:
        if isinstance(event, StepStarted | StepSkipped):
            self._places[event.step] = f"[{event.position}/{event.total}] "
        if isinstance(event, StepStarted):
            self._at_work.add(event.step)
        elif isinstance(event, StepFinished | StepFailed):
            self._at_work.discard(event.step)
        if isinstance(event, Note):
            return words.line(event)
        place = self._places.get(event.step, "")
        if isinstance(event, Progress | Transfer) and place:
            # Where several steps are at work, each line says whose it is.
            return " " * len(place) + (words.line(event) if len(self._at_work) > 1 else words.news(event))
        return place + words.line(event)
