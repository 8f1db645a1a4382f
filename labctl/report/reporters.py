"""Chooses who shows progress: live on a terminal, plain lines elsewhere, JSON lines for programs; and the log."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TextIO

import click

from labctl.events import Event, Reporter
from labctl.report.jsonlines import JsonLinesReporter
from labctl.report.log import LogReporter
from labctl.report.plain import PlainReporter


class ClosingReporter(Reporter, Protocol):
    """A reporter that may hold the terminal until it is closed."""

    def close(self) -> None:
        """Let go; may be called twice."""
        ...


class Tee:
    """Passes every event to several reporters, in their order."""

    def __init__(self, *reporters: ClosingReporter) -> None:
        self._reporters = reporters

    def emit(self, event: Event) -> None:
        """Pass the event on."""
        for reporter in self._reporters:
            reporter.emit(event)

    def close(self) -> None:
        """Close all of them."""
        for reporter in self._reporters:
            reporter.close()


def may_move(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether what was written to the stream may be drawn over: a terminal that can, of a user who wants it."""
    plain = bool(environment.get("NO_COLOR")) or environment.get("TERM", "dumb") in ("dumb", "")
    return stream.isatty() and not plain


def choose_reporter(output: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> ClosingReporter:
    """The reporter for `-o output` on a stream: json, else live where the stream is a terminal that can and may."""
    if output == "json":
        return JsonLinesReporter(stream)
    if not may_move(stream, environment):
        return PlainReporter(stream)
    from labctl.report.live import LiveReporter  # rich costs time that plain lines need not

    return LiveReporter(stream)


def run_reporter(output: str, log: Path | None) -> ClosingReporter:
    """The reporter of a command's run: JSON lines on standard output, everything else on standard error; and the log.

    Within a click command it is closed when the command ends, however it ends.
    """
    shown = choose_reporter(output, sys.stdout if output == "json" else sys.stderr)
    reporter = shown if log is None else Tee(LogReporter(log), shown)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(reporter.close)
    return reporter
