"""The report in GitHub's Markdown, for issues and pull requests: a table of all claims, below it what is not PASS.

Whatever a lab says is text: it stands escaped in the table, and in fences longer than any of its own below.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from labctl.checks.model import LAB, CheckReport, CheckResult, Outcome
from labctl.report.console import plain
from labctl.report.table import details, groups, verdict
from labctl.report.words import clean

# What could begin markup, a link or a row: letters become entities, or get a backslash.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_MARKUP = re.compile(r"([\\`*_\[\]~$#!@]|:(?=//)|(?<=www)\.)")
_TICKS = re.compile("`+")


def render_markdown(report: CheckReport) -> str:
    """The report as Markdown, ending in a newline."""
    counts = ", ".join(f"{number} {outcome.name}" for outcome, number in report.counts.items() if number)
    lines = [f"# Lab {escape(report.lab)}: {report.outcome.name}", "", f"{escape(verdict(report))}. {counts}.", ""]
    lines += ["| Outcome | Claim | Where | What |", "| --- | --- | --- | --- |"]
    alike = groups(report, wide=True)
    lines += [_row(group) for group in alike]
    for group in alike:
        if group[0].outcome not in (Outcome.PASS, Outcome.SKIP):
            lines += ["", *_details(group)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line, also within a table."""
    marked = _MARKUP.sub(r"\\\1", clean(text))
    return "".join(_ENTITIES.get(letter, letter) for letter in marked)


def _where(group: Sequence[CheckResult]) -> str:
    return ", ".join(result.scope for result in group if result.scope != LAB)


def _row(group: Sequence[CheckResult]) -> str:
    result = group[0]
    what = f"{result.check.title}: {result.why}" if result.why else result.check.title
    return f"| {result.outcome.name} | `{result.check.id}` | {escape(_where(group))} | {escape(what)} |"


def _details(group: Sequence[CheckResult]) -> Iterator[str]:
    result = group[0]
    summary = clean(f"{result.outcome.name} {result.check.id} {_where(group)}")
    yield "<details>"
    yield f"<summary>{html.escape(summary)}</summary>"
    yield ""
    yield f"{escape(result.check.title)} ({escape(result.check.source)})"
    yield ""
    yield from _fenced(text for line in details(group) for text in plain(line))
    yield ""
    yield "</details>"


def _fenced(lines: Iterable[str]) -> Iterator[str]:
    content = [line.removeprefix(" " * 7) for line in lines]
    longest = max((len(ticks) for line in content for ticks in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from content
    yield fence
