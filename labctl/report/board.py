"""What the live display shows of the step at work, as data: rows of nodes and of files. No drawing here (live.py)."""

from __future__ import annotations

from dataclasses import dataclass, field

from labctl.events import Progress, StepStarted, Transfer


@dataclass(frozen=True)
class Row:
    """What a node (None: labctl itself) is at, and since when (seconds of the clock)."""

    node: str | None
    text: str
    since: float


@dataclass(frozen=True)
class Bar:
    """A file on its way: bytes, total where known, since when."""

    name: str
    done: int
    total: int | None
    since: float

    def speed(self, now: float) -> float:
        """Bytes a second since its start."""
        return self.done / max(now - self.since, 0.1)


@dataclass(frozen=True)
class View:
    """One moment of the board, which no thread can change while another draws it."""

    step: StepStarted
    since: float
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    complete: int


@dataclass
class Board:
    """The step at work. Bars leave when their file is complete, and are counted. Not thread-safe."""

    step: StepStarted
    since: float
    rows: dict[str | None, Row] = field(default_factory=dict)
    bars: dict[str, Bar] = field(default_factory=dict)
    complete: int = 0

    def view(self) -> View:
        """The board as it is now."""
        return View(self.step, self.since, tuple(self.rows.values()), tuple(self.bars.values()), self.complete)

    def progress(self, event: Progress, now: float) -> None:
        """Note what a node is at; the clock of a row runs on where only a counter in its text changes."""
        before = self.rows.get(event.node)
        since = before.since if before and _words(before.text) == _words(event.text) else now
        self.rows[event.node] = Row(event.node, event.text, since)

    def transfer(self, event: Transfer, now: float) -> None:
        """Note how far a file is."""
        before = self.bars.get(event.name)
        if event.total is not None and event.done >= event.total:
            self.bars.pop(event.name, None)
            self.complete += 1
            return
        since = before.since if before and before.done <= event.done else now
        self.bars[event.name] = Bar(event.name, event.done, event.total, since)


def _words(text: str) -> str:
    return "".join(character for character in text if not character.isdigit())
