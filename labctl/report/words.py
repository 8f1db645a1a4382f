"""Events in words: durations, sizes, and the line that one event is worth. Shared by all progress reporters.

Where and when lines are shown is the reporters' business.
"""

from __future__ import annotations

import re

from labctl.events import Event, Note, Progress, StepFailed, StepFinished, StepSkipped, StepStarted, Transfer

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
_UNITS = ("B", "kB", "MB", "GB", "TB")


def clean(text: str) -> str:
    """One line that moves no cursor: what tools and servers say is shown on a terminal."""
    return _CONTROLS.sub(" ", text).strip()


def duration(seconds: float) -> str:
    """Seconds in words: `4.2 s`, `38 s`, `2 min 05 s`."""
    if seconds < 9.95:  # noqa: PLR2004 - from here on it would round to 10.0
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"  # noqa: PLR2004


def size(count: int) -> str:
    """Bytes in decimal units, as download pages give them: `512 B`, `46.6 MB`."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:  # noqa: PLR2004
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 99.95 else f"{value:.0f} {_UNITS[unit]}"  # noqa: PLR2004


def transferred(event: Transfer) -> str:
    """How far one file is: `kubelet: 12.0 MB of 114 MB (10%)`."""
    name = clean(event.name)
    if not event.total:
        return f"{name}: {size(event.done)}"
    if event.done >= event.total:
        return f"{name}: {size(event.total)}, complete"
    return f"{name}: {size(event.done)} of {size(event.total)} ({event.done * 100 // event.total}%)"


def line(event: Event) -> str:
    """One event as one line, without the step's number."""
    return clean(event.text) if isinstance(event, Note) else f"{event.step}: {news(event)}"


def news(event: StepStarted | StepSkipped | StepFinished | StepFailed | Progress | Transfer) -> str:
    """What an event says, for where its step is seen already."""
    match event:
        case StepStarted():
            return clean(event.title)
        case StepSkipped():
            return f"nothing to do, {clean(event.reason)}"
        case StepFinished():
            return f"done in {duration(event.seconds)}{changes(event.changed)}"
        case StepFailed():
            return f"failed after {duration(event.seconds)}: {clean(event.message)}"
        case Progress():
            return clean(f"{event.node}: {event.text}" if event.node else event.text)
        case Transfer():
            return transferred(event)


def changes(count: int | None) -> str:
    """`, 3 changes`; nothing where it is not known."""
    if count is None:
        return ""
    return ", no changes" if count == 0 else f", {count} change{'s' if count > 1 else ''}"
