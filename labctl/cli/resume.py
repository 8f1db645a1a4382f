"""`labctl resume`: starts the lab's machines again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option, output_option


@click.command(
    epilog="""\b
Examples:
  labctl resume
  labctl resume -n class-a

Exit code: as `labctl verify`, whose claims it ends with."""
)
@file_option
@name_option
@output_option("table", "json")
def resume(*, file: Path | None, name: str | None, output: str) -> None:
    """Start the lab's machines again, after `labctl halt` or a restart of this computer, and prove every claim."""
    from labctl import app, lifecycle
    from labctl.report.outcome import show_outcome
    from labctl.report.reporters import run_reporter

    report = lifecycle.resume(app.existing(name, file), lambda log: run_reporter(output, log))
    show_outcome(report, output, sys.stdout)
    sys.exit(report.exit_code())
