"""Prints the claims table: coloured and wrapped on a terminal, plain elsewhere; rich is imported only to colour.

What the lines say is in table.py, the forms for programs and browsers in the other modules (outputs.py lists them).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from labctl.checks.model import CheckReport, Outcome
from labctl.report.table import Line, report_lines

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {
    Outcome.PASS: "green",
    Outcome.DRIFT: "yellow",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold magenta",
    Outcome.SKIP: "dim",
}
_DIFFERS = "bold yellow"
_NARROWEST = 40


def print_report(report: CheckReport, stream: TextIO, *, wide: bool = False) -> None:
    """Print the table to stream; wide for the tutorial's output beside the lab's."""
    lines = report_lines(report, wide=wide)
    if stream.isatty():
        _print_rich(lines, stream)
        return
    encoding = stream.encoding or "utf-8"
    for text in (text for line in lines for text in plain(line)):
        print(text.encode(encoding, "replace").decode(encoding, "replace"), file=stream)


def plain(line: Line) -> Iterator[str]:
    """The line, and below it one that marks what differs, where anything does."""
    word = _word(line)
    yield f"{word}{line.text}".rstrip()
    if line.marks:
        yield _carets(line.marks, len(word))


def _print_rich(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=True)
    width = max(shutil.get_terminal_size().columns - 1, _NARROWEST)
    coloured = console.color_system is not None and not console.no_color
    for line in lines:
        for text in rich_lines(line, width, carets=not coloured):
            console.print(text)


def rich_lines(line: Line, width: int, *, carets: bool) -> Iterator[Text]:
    """The line wrapped to width, in colours; carets below what differs where there are none."""
    from rich.text import Text

    word = _word(line)
    full = word + line.text
    marks = [(start + len(word), end + len(word)) for start, end in line.marks]
    hang = min(line.hang, width // 2)
    for position, (start, end) in enumerate(_cuts(full, width, hang)):
        indent = hang if position else 0
        text = Text(" " * indent + full[start:end].rstrip())
        shift = indent - start
        here = [(max(a, start) + shift, min(b, end) + shift) for a, b in marks if a < end and b > start]
        for mark in here:
            text.stylize(_DIFFERS, *mark)
        if line.outcome and not position:
            text.stylize(STYLES[line.outcome], 0, len(word))
        yield text
        if carets and here:
            yield Text(_carets(here))


def _word(line: Line) -> str:
    return f"{line.outcome.name:<7}" if line.outcome else ""


def _carets(marks: Iterable[tuple[int, int]], offset: int = 0) -> str:
    text = ""
    for start, end in marks:
        text = text.ljust(start + offset) + "^" * (end - start)
    return text


def _cuts(text: str, width: int, hang: int) -> Iterator[tuple[int, int]]:
    """Where to cut a line that is too wide, at blanks if there are any; all but the first part stand hang blanks in."""
    start, room, least = 0, width, max(hang, len(text) - len(text.lstrip()))
    while len(text) - start > room:
        blank = text.rfind(" ", start + least, start + room + 1)
        end = blank if blank > start + least else start + room
        yield start, end
        start = end + (text[end] == " ")
        room, least = width - hang, 0
    yield start, len(text)
