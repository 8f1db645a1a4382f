"""The forms that a report can be printed in (`-o`), by name. What each looks like stands in the module named here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TextIO

from labctl.checks.model import CheckReport

# Form -> module and function (report -> text); None for the two that depend on the terminal.
FORMS: dict[str, tuple[str, str] | None] = {
    "table": None,
    "wide": None,
    "json": ("labctl.report.json", "render_json"),
    "junit": ("labctl.report.junit", "render_junit"),
    "html": ("labctl.report.html", "render_html"),
    "md": ("labctl.report.markdown", "render_markdown"),
}


def write_report(report: CheckReport, form: str, stream: TextIO) -> None:
    """Write the report to stream in one of FORMS."""
    place = FORMS[form]
    if place is None:
        from labctl.report.console import print_report

        print_report(report, stream, wide=form == "wide")
        return
    module, function = place
    render: Callable[[CheckReport], str] = getattr(importlib.import_module(module), function)
    stream.write(render(report))
