"""The claims table for a person: one line a claim, and what to do about each that is not PASS.

Lines are made as plain data first; rich is imported only to colour them on a terminal. JSON is in json.py.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TextIO

from labctl.checks.model import LAB, CheckReport, CheckResult, Outcome

STYLES = {
    Outcome.PASS: "green",
    Outcome.DRIFT: "yellow",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold magenta",
    Outcome.SKIP: "dim",
}
_NODES_LISTED = 3
_LABEL = 22
# What a recording says is shown on a terminal: nothing in it may move the cursor or turn the writing around.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Line:
    """One line of the table: the outcome's word in its colour, then text; hang is where a wrapped line goes on."""

    outcome: Outcome | None
    text: str
    hang: int


def print_report(report: CheckReport, stream: TextIO) -> None:
    """Print the table to stream: coloured and wrapped on a terminal, plain otherwise."""
    lines = list(report_lines(report))
    if stream.isatty():
        _print_rich(lines, stream)
        return
    encoding = stream.encoding or "utf-8"
    for line in lines:
        word = f"{line.outcome.name:<7}" if line.outcome else ""
        text = f"{word}{line.text}".rstrip()
        print(text.encode(encoding, "replace").decode(encoding, "replace"), file=stream)


def _print_rich(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    width = shutil.get_terminal_size().columns
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        word = f"{line.outcome.name:<7}" if line.outcome else ""
        wrapped = textwrap.wrap(word + line.text, max(width - 1, 40), subsequent_indent=" " * line.hang) or [""]
        text = Text("\n".join(wrapped))
        if line.outcome:
            text.stylize(STYLES[line.outcome], 0, len(word))
        console.print(text)


def report_lines(report: CheckReport) -> Iterator[Line]:
    """All lines of the table."""
    ids = max(len(result.check.id) for result in report.results)
    scopes = max(len(_scopes(group)) for group in _groups(report))
    for group in _groups(report):
        head = group[0]
        columns = f"{head.check.id:<{ids}}  {_scopes(group):<{scopes}}  "
        hang = len(columns) + 7
        yield Line(head.outcome, clean(columns + _headline(head)), hang)
        yield from _details(group, hang)
    yield Line(None, "", 0)
    yield Line(None, clean(summary(report)), 0)


def _groups(report: CheckReport) -> list[list[CheckResult]]:
    """Results that are told in one line: the same claim, outcome and cause on several nodes.

    Of what FAILs or could not be looked at only those with the same reason.
    """
    groups: list[list[CheckResult]] = []
    for _, of_check in groupby(report.results, key=lambda result: result.check.id):
        found: dict[object, list[CheckResult]] = {}
        for result in of_check:
            told = result.why if result.outcome in (Outcome.FAIL, Outcome.ERROR) else ""
            found.setdefault((result.outcome, result.because, told), []).append(result)
        groups += found.values()
    return groups


def _scopes(group: list[CheckResult]) -> str:
    if group[0].scope == LAB:
        return ""
    if len(group) > _NODES_LISTED:
        return f"{len(group)} nodes"
    return " ".join(result.scope for result in group)


def _headline(result: CheckResult) -> str:
    if result.because is not None or result.outcome is Outcome.SKIP:
        return f"{result.check.title}: {result.why}"
    if result.outcome is Outcome.PASS:
        return result.check.title + (f" ({result.why})" if result.why else "")
    if result.outcome is Outcome.DRIFT:
        return result.check.title
    return f"{result.check.title}   [{result.check.source}]"


def _details(group: list[CheckResult], hang: int) -> Iterator[Line]:
    """What stands below the line of a cause, or of a drift."""
    head = group[0]
    if head.outcome is Outcome.DRIFT:
        others = "; likewise on the others" if len({result.why for result in group}) > 1 else ""
        yield Line(None, " " * hang + clean(head.why + others), hang)
    if head.because is None and head.outcome in (Outcome.FAIL, Outcome.ERROR):
        verb = "could not look" if head.outcome is Outcome.ERROR else "what is wrong"
        told = [
            ("you would type", head.command),
            ("the tutorial shows", head.check.shown),
            *([("this lab shows", head.check.show(head.actual))] if head.outcome is Outcome.FAIL else []),
            (verb, head.why),
            ("fix", head.fix),
        ]
        for label, text in told:
            yield Line(None, clean(f"{'':7}{label:<{_LABEL}}{text}"), 7 + _LABEL)


def summary(report: CheckReport) -> str:
    """One sentence: how many claims came to what, and what follows."""
    counts = ", ".join(f"{number} {outcome.name}" for outcome, number in report.counts.items() if number)
    what = "the recording" if report.source == "recording" else f"the lab {report.lab}"
    causes = [r for r in report.results if r.because is None and r.outcome in (Outcome.FAIL, Outcome.ERROR)]
    verdict = {
        Outcome.PASS: f"{what} is as the tutorial shows it",
        Outcome.DRIFT: f"{what} holds every claim; what drifts does not change the lesson",
        Outcome.FAIL: f"{what} does not hold every claim: {_count(len(causes), 'cause')} to look at",
        Outcome.ERROR: f"{what} could not be looked at in everything: {_count(len(causes), 'cause')} to look at",
    }[report.outcome]
    return f"{counts} in {report.seconds:.1f} s: {verdict}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clean(text: str) -> str:
    """The text on one line and without control characters."""
    return _UNPRINTABLE.sub("?", text.replace("\n", " ").replace("\t", " "))
