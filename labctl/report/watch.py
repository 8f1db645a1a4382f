"""What `labctl verify --watch` shows while it waits: on a terminal one table that is drawn over, elsewhere plain lines.

The last report is printed by the command itself, in the form that was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from labctl.checks.model import CheckReport, Outcome
from labctl.events import Progress
from labctl.report.console import rich_lines
from labctl.report.plain import PlainReporter
from labctl.report.reporters import may_move
from labctl.report.table import report_lines, summary
from labctl.report.words import clean, duration

if TYPE_CHECKING:
    from rich.console import Group

_ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.DRIFT, Outcome.SKIP, Outcome.PASS)
# Lines besides the claims': what is waited for, the summary, how many more there are, and one that stays free.
_FRAME = 4


@contextmanager
def watching(
    stream: TextIO, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[CheckReport], None]]:
    """Gives what shows a report; leaves the terminal as it was, however the wait of at most seconds ends."""
    begun = clock()
    if not may_move(stream):
        reporter = PlainReporter(stream, clock)
        yield lambda report: reporter.emit(Progress("verify", _waiting(report)))
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=stream, highlight=False)
    # Standard output stays as it is: the report may go to a file.
    with Live(
        console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as live:

        def show(report: CheckReport) -> None:
            waited = f"after {duration(clock() - begun)} of at most {duration(seconds)}; Ctrl-C ends it"
            live.update(_view(report, waited, console.width, console.height), refresh=True)

        yield show


def _waiting(report: CheckReport) -> str:
    return f"waiting for {clean(report.open_causes)}" if report.broken else "every claim holds"


def _view(report: CheckReport, waited: str, width: int, height: int) -> Group:
    """As many claims as fit, those first that do not hold."""
    from rich.console import Group
    from rich.text import Text

    lines = sorted((line for line in report_lines(report) if line.outcome), key=lambda line: _ORDER.index(line.outcome))
    room = max(height - _FRAME, 1)
    texts = [Text(f"{_waiting(report)}, {waited}", "bold"), Text(clean(summary(report)))]
    for line in lines[:room]:
        texts += list(rich_lines(line, 1 << 30, carets=False))
    if len(lines) > room:
        texts.append(Text(f"and {len(lines) - room} more", "dim"))
    for text in texts:
        text.truncate(width - 1, overflow="ellipsis")
    return Group(*texts)
