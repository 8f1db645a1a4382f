"""Progress as JSON lines (`-o json`): one object an event, for programs. Its shape is a promise (README)."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO

from labctl.events import Event, Transfer
from labctl.report.throttle import Throttle

_TRANSFER_SECONDS = 0.5


def event_data(event: Event, now: float) -> dict[str, Any]:
    """{"event": "step_started", "time": seconds since the epoch, then the event's own fields in their order}."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, "time": round(now, 3), **asdict(event)}


class JsonLinesReporter:
    """Writes each event as one line of ASCII JSON; of a transfer two a second and its end."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream, self._clock = stream, clock
        self._throttle = Throttle(_TRANSFER_SECONDS, clock)
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Write the event. A reader that is gone is no reason to stop the work."""
        with self._lock:
            if isinstance(event, Transfer) and not self._throttle.passes(event):
                return
            try:
                self._stream.write(json.dumps(event_data(event, self._clock())) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return

    def close(self) -> None:
        """Nothing is kept open."""
