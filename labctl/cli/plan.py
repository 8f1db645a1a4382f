"""`labctl plan`: what `up` would make of a lab file, and why."""

from __future__ import annotations

from pathlib import Path

import click

from labctl.cli.options import file_option, lab_file_words, output_option, source_option


@click.command(
    epilog="""\b
Examples:
  labctl plan                 the lab of ./lab.yml, else the tutorial's own
  labctl plan -f class.yml    another lab
  labctl plan -o json         the same for programs"""
)
@file_option
@source_option
@output_option("table", "json")
def plan(*, file: Path | None, source: str, output: str) -> None:
    """Show what `labctl up` would bring up: nodes, versions, provider, source, steps. Changes nothing."""
    from labctl import app
    from labctl.report.plan import plan_json, plan_text

    resolved = app.resolve(file, source)
    steps = app.plan_steps(resolved.plan)
    if output == "json":
        click.echo(plan_json(resolved.plan, steps, str(resolved.file), resolved.notes))
    else:
        click.echo(plan_text(resolved.plan, steps, lab_file_words(file, resolved.file), resolved.notes))
