"""The claims table as plain lines: one line a claim, and what a learner needs to know of it below.

How lines get onto a terminal or into a file is the business of console.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from labctl.checks.model import LAB, CheckReport, CheckResult, Outcome
from labctl.report.contrast import ShownLine, contrast
from labctl.report.words import clean

_NODES_LISTED = 3
_INDENT = 7
_LABEL = 22
# What the reason of an outcome is called, where it is told on a line of its own.
REASONS = {
    Outcome.PASS: "note",
    Outcome.DRIFT: "why that is fine",
    Outcome.FAIL: "what is wrong",
    Outcome.ERROR: "could not look",
    Outcome.SKIP: "not looked at",
}


@dataclass(frozen=True)
class Line:
    """One line: the outcome's word in its colour, then text; hang is where a wrapped line goes on.

    marks are the parts of text (start, end) that differ from the tutorial.
    """

    outcome: Outcome | None
    text: str
    hang: int
    marks: tuple[tuple[int, int], ...] = ()


def report_lines(report: CheckReport, *, wide: bool = False) -> Iterator[Line]:
    """All lines of the table; wide shows the tutorial's command and output beside the lab's for every claim."""
    blocks = groups(report, wide=wide)
    ids = max(len(result.check.id) for result in report.results)
    scopes = max(len(_scopes(group)) for group in blocks)
    for group in blocks:
        columns = f"{group[0].check.id:<{ids}}  {_scopes(group):<{scopes}}  "
        hang = _INDENT + len(columns)
        yield Line(group[0].outcome, columns + clean(_headline(group[0], wide)), hang)
        yield from _below(group, hang, wide)
        if wide:
            yield Line(None, "", 0)
    if not wide:
        yield Line(None, "", 0)
    yield Line(None, clean(summary(report)), 0)


def summary(report: CheckReport) -> str:
    """One sentence: how many claims came to what, and what follows."""
    counts = ", ".join(f"{number} {outcome.name}" for outcome, number in report.counts.items() if number)
    return f"{counts} in {report.seconds:.1f} s: {verdict(report)}"


def verdict(report: CheckReport) -> str:
    """What the outcome means for the lab, in words."""
    what = "the recording" if report.source == "recording" else f"the lab {report.lab}"
    causes = sum(result.is_cause for result in report.results)
    to_look_at = f"{causes} cause{'' if causes == 1 else 's'} to look at"
    return {
        Outcome.PASS: f"{what} is as the tutorial shows it",
        Outcome.DRIFT: f"{what} holds every claim; what drifts does not change the lesson",
        Outcome.FAIL: f"{what} does not hold every claim: {to_look_at}",
        Outcome.ERROR: f"{what} could not be looked at in everything: {to_look_at}",
    }[report.outcome]


def groups(report: CheckReport, *, wide: bool) -> list[list[CheckResult]]:
    """Results that are told in one line: the same claim, outcome and cause on several nodes.

    Of what FAILs or could not be looked at only those with the same reason; in wide only what shows the same.
    """
    all_groups: list[list[CheckResult]] = []
    for _, of_check in groupby(report.results, key=lambda result: result.check.id):
        found: dict[object, list[CheckResult]] = {}
        for result in of_check:
            told = result.why if wide or result.broken else ""
            shows = result.shows.replace(result.scope, "") if wide else ""
            found.setdefault((result.outcome, result.because, told, shows), []).append(result)
        all_groups += found.values()
    return all_groups


def _scopes(group: list[CheckResult]) -> str:
    if group[0].scope == LAB:
        return ""
    if len(group) > _NODES_LISTED:
        return f"{len(group)} nodes"
    return clean(" ".join(result.scope for result in group))


def _headline(result: CheckResult, wide: bool) -> str:
    title = result.check.title
    if wide or result.is_cause:
        return f"{title}   [{result.check.source}]"
    if result.because is not None or result.outcome is Outcome.SKIP:
        return f"{title}: {result.why}"
    return f"{title} ({result.why})" if result.outcome is Outcome.PASS and result.why else title


def _below(group: list[CheckResult], hang: int, wide: bool) -> Iterator[Line]:
    """What stands below the line of a cause or of a drift, in wide of every claim."""
    head = group[0]
    if wide or head.is_cause:
        yield from details(group)
    elif head.outcome is Outcome.DRIFT:
        others = "; likewise on the others" if len({result.why for result in group}) > 1 else ""
        yield Line(None, " " * hang + clean(head.why + others), hang)


def details(group: Sequence[CheckResult]) -> Iterator[Line]:
    """What to type, what the tutorial and the lab show, why and what to do; of one claim's results that are alike."""
    head, both = group[0], contrast(*group)
    yield _labelled("you would type", head.command)
    yield from _block("the tutorial shows", both.tutorial, both.signed)
    yield from _block("this lab shows", both.lab, both.signed)
    if head.why:
        yield _labelled(REASONS[head.outcome], head.why)
    if head.broken:
        yield _labelled("fix", head.fix)


def _labelled(label: str, text: str) -> Line:
    return Line(None, f"{'':{_INDENT}}{label:<{_LABEL}}{clean(text)}", _INDENT + _LABEL)


def _block(label: str, shown: tuple[ShownLine, ...], signed: bool) -> Iterator[Line]:
    for position, line in enumerate(shown):
        text = f"{'':{_INDENT}}{'' if position else label:<{_LABEL}}" + (f"{line.sign:<2}" if signed else "")
        marks = []
        for piece in line.pieces:
            if piece.differs:
                marks.append((len(text), len(text) + len(piece.text)))
            text += piece.text
        yield Line(None, text, _INDENT + _LABEL + 2 * signed, tuple(marks))
