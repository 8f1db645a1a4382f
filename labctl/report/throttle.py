"""Lets the same thing through only now and then, for reporters whose every line stays on the screen or in a file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from labctl.events import Event, Progress, StepStarted, Transfer

_COUNTERS = re.compile(r"\d+(\.\d+)?")


class Throttle:
    """Says whether an event is worth showing.

    One that differs from an earlier one of the step only in its numbers, or only in its node, has to wait.
    Not thread-safe: reporters hold their own lock.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._shown: dict[str, float] = {}

    def passes(self, event: Event) -> bool:
        """Whether to show the event now. The end of a transfer is always shown, once."""
        match event:
            case StepStarted():
                self._shown.clear()
                return True
            case Progress():
                return self._due(_COUNTERS.sub("#", event.text))
            case Transfer():
                if event.total and event.done >= event.total:
                    return self._first(f"{event.name} complete")
                return self._due(f"{event.name} arriving")
            case _:
                return True

    def _due(self, key: str) -> bool:
        now = self._clock()
        if now - self._shown.get(key, float("-inf")) < self._seconds:
            return False
        self._shown[key] = now
        return True

    def _first(self, key: str) -> bool:
        first = key not in self._shown
        self._shown[key] = self._clock()
        return first
