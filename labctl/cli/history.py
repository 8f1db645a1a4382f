"""`labctl history`: the runs on a lab, with the time that each step took."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option, output_option


@click.command(
    epilog="""\b
Examples:
  labctl history
  labctl history --last 1
  labctl history -o json

A run without an outcome was cut, or is at work now."""
)
@file_option
@name_option
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N runs.")
@output_option("table", "json")
def history(*, file: Path | None, name: str | None, last: int | None, output: str) -> None:
    """Show what was done to the lab: each run with its steps, when each began and how long it took."""
    from labctl.report.history import print_history
    from labctl.status import runs

    found = runs(name, file)
    print_history(found[-last:] if last else found, output, sys.stdout)
