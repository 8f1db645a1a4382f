"""Progress on a terminal: finished steps stay as lines, the steps at work move below them (rich)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from labctl.events import Event, Note, Progress, StepFailed, StepFinished, StepSkipped, StepStarted, Transfer
from labctl.report import words
from labctl.report.board import Bar, Board, Row, View

_SPINNER = "|/-\\"
_BAR_WIDTH = 30
# Lines of the display besides rows and bars, and a line that stays free below it.
_FRAME = 3


class LiveReporter:
    """Shows events on a terminal; between steps nothing moves, so that others can print and ask."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._clock = clock
        # One for each step at work, in the order of their beginning.
        self._boards: dict[str, Board] = {}
        self._live: Live | None = None
        # Held around calls of rich, which has a lock of its own: the thread that draws must never want this one,
        # so it gets its data as a whole, immutable view.
        self._lock = threading.RLock()
        self._views: tuple[View, ...] = ()

    def emit(self, event: Event) -> None:
        """Take the event into the display."""
        with self._lock:
            match event:
                case StepStarted():
                    self._start(event)
                case StepSkipped():
                    self._print("skip", f"[{event.position}/{event.total}] {words.line(event)}", "dim")
                case StepFinished() | StepFailed():
                    self._end(event)
                case Progress() if event.step in self._boards:
                    self._boards[event.step].progress(event, self._clock())
                case Transfer() if event.step in self._boards:
                    self._boards[event.step].transfer(event, self._clock())
                case _:
                    self._print("note" if isinstance(event, Note) else "", words.line(event), "dim")
            self._views = tuple(board.view() for board in self._boards.values())

    def close(self) -> None:
        """Stop moving and leave the terminal as it was; called however the command ends."""
        with self._lock:
            self._boards.clear()
            self._still()

    def _still(self) -> None:
        """Take the moving part off the terminal."""
        live, self._live, self._views = self._live, None, ()
        if live is not None:
            live.stop()

    def _start(self, event: StepStarted) -> None:
        self._boards[event.step] = Board(event, self._clock())
        if self._live is not None:
            return
        self._views = tuple(board.view() for board in self._boards.values())
        # Standard streams stay as they are: the command's result may go to a file meanwhile.
        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _end(self, event: StepFinished | StepFailed) -> None:
        board = self._boards.pop(event.step, None)
        place = f"[{board.step.position}/{board.step.total}] " if board else ""
        if not self._boards:
            self._still()
        failed = isinstance(event, StepFailed)
        self._print("FAIL" if failed else "done", place + words.line(event), "bold red" if failed else "green")

    def _print(self, word: str, text: str, style: str) -> None:
        self._console.print(Text(f"{word:<5}", style).append(text, "default" if word == "done" else style))

    def _render(self) -> RenderableType:
        views, now = self._views, self._clock()
        if not views:
            return Text("")
        room = max(self._console.height // len(views) - _FRAME, 1)
        return Group(*(part for view in views for part in _parts(view, room, now)))


def _parts(view: View, room: int, now: float) -> list[RenderableType]:
    """One step at work, in so many lines besides its head."""
    rows, bars = view.rows[:room], view.bars[: max(room - len(view.rows), 0)]
    hidden = len(view.rows) + len(view.bars) - len(rows) - len(bars)
    parts: list[RenderableType] = [_head(view, now)]
    if rows:
        parts.append(_row_table(rows, now))
    if bars:
        parts.append(_bar_table(bars, now))
    if hidden:
        parts.append(Text(f"     and {hidden} more", "dim"))
    return parts


def _head(view: View, now: float) -> Text:
    spinner = _SPINNER[int(now * 8) % len(_SPINNER)]
    text = Text(f"{spinner:<5}", "cyan", no_wrap=True, overflow="ellipsis")
    text.append(f"[{view.step.position}/{view.step.total}] {words.line(view.step)}", "bold")
    text.append(f"  {words.duration(now - view.since)}", "cyan")
    if view.complete:
        text.append(f"  {view.complete} files complete", "dim")
    return text


def _grid(columns: int) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=3)
    for _ in range(columns):
        grid.add_column(no_wrap=True, overflow="ellipsis")
    return grid


def _row_table(rows: tuple[Row, ...], now: float) -> Table:
    grid = _grid(3)
    for row in rows:
        passed = words.duration(now - row.since)
        grid.add_row("", Text(row.node or "labctl", "magenta"), Text(words.clean(row.text)), Text(passed, "dim"))
    return grid


def _bar_table(bars: tuple[Bar, ...], now: float) -> Table:
    grid = _grid(4)
    for bar in bars:
        speed = f"{words.size(int(bar.speed(now)))}/s"
        total = f" of {words.size(bar.total)}" if bar.total else ""
        drawn = ProgressBar(total=bar.total, completed=bar.done, width=_BAR_WIDTH)
        amount = Text(f"{words.size(bar.done)}{total}")
        grid.add_row("", Text(words.clean(bar.name)), drawn, amount, Text(speed, "dim"))
    return grid
