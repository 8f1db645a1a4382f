"""Shows what a command that ends with the claims came to."""

from __future__ import annotations

import json
from typing import TextIO

from labctl.checks.model import CheckReport
from labctl.report.json import report_data


def show_outcome(report: CheckReport, output: str, stream: TextIO) -> None:
    """The claims as a table, or with output "json" as the last of the event lines."""
    if output == "json":
        stream.write(json.dumps({"event": "claims", "report": report_data(report)}) + "\n")
        return
    from labctl.report.console import print_report

    print_report(report, stream)
