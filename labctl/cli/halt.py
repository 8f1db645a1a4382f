"""`labctl halt`: stops the lab's machines."""

from __future__ import annotations

from pathlib import Path

import click

from labctl.cli.options import file_option, name_option, output_option


@click.command(
    epilog="""\b
Examples:
  labctl halt
  labctl halt -n class-a"""
)
@file_option
@name_option
@output_option("table", "json")
def halt(*, file: Path | None, name: str | None, output: str) -> None:
    """Stop the lab's machines; what is on them stays. `labctl resume` starts them again."""
    from labctl import app, lifecycle
    from labctl.report.reporters import run_reporter

    lifecycle.halt(app.existing(name, file), lambda log: run_reporter(output, log))
