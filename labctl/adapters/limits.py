"""How long and how often a transfer is tried: time-outs, backoff, the slowest rate that is borne.

Only counting belongs here; sending and waiting is http.py's.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from labctl.adapters.http_faults import PassingError

# A try that brought less than this counts as one without progress.
_PROGRESS = 1024


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, seconds between bytes, tries in vain, first and longest backoff (s), slowest rate (B/s)."""

    connect: float = 10.0
    read: float = 30.0
    tries: int = 5
    backoff: float = 1.0
    longest_backoff: float = 20.0
    slowest: int = 200


class Tries:
    """Counts failed tries since the last progress; reached() tells the bytes that are on disk."""

    def __init__(self, limits: Limits, reached: Callable[[], int]) -> None:
        self._limits = limits
        self._reached = reached
        self._best = reached()
        self._in_vain = 0
        self.total = 0
        self.wait = 0.0

    def failed(self, fault: PassingError) -> None:
        """Count a failed try and set how long to wait before the next (seconds)."""
        now = self._reached()
        self._in_vain = 1 if now >= self._best + _PROGRESS else self._in_vain + 1
        self._best = max(self._best, now)
        self.total += 1
        backoff = min(self._limits.backoff * 2 ** (self._in_vain - 1), self._limits.longest_backoff)
        # Spread, so that a classroom does not come back all at once.
        self.wait = fault.wait if fault.wait is not None else backoff * random.uniform(0.5, 1.0)  # noqa: S311

    @property
    def over(self) -> bool:
        """Whether enough tries were in vain."""
        return self._in_vain >= self._limits.tries


class Pace:
    """Notices a transfer that crawls: less than `slowest` bytes a second over `window` seconds."""

    def __init__(self, slowest: int, window: float) -> None:
        self._slowest = slowest
        self._window = window
        self._since = time.monotonic()
        self._then = 0

    def check(self, done: int) -> None:
        """Say how many bytes are there. Raises PassingError: another connection may be quicker."""
        now = time.monotonic()
        passed = now - self._since
        if passed < self._window:
            return
        if done - self._then < self._slowest * passed:
            raise PassingError(f"only {done - self._then} bytes came within {passed:.0f} s")
        self._since, self._then = now, done
