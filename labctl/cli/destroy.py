"""`labctl destroy`: removes the lab without a trace."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option, output_option
from labctl.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  labctl destroy
  labctl destroy --yes -n class-a"""
)
@file_option
@name_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option("table", "json")
def destroy(*, file: Path | None, name: str | None, yes: bool, output: str) -> None:
    """Destroy the lab: machines, volumes, networks, image tags and files. The bundle stays in the cache."""
    from labctl import app
    from labctl.report.reporters import run_reporter

    lab = app.existing(name, file)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("destroy asks before it destroys, and there is no terminal", hint="labctl destroy --yes")
        nodes = ", ".join(node.name for node in lab.plan.nodes)
        if not click.confirm(f"Destroy the lab {lab.plan.name} ({nodes}) and everything on its nodes?", err=True):
            raise UsageError("nothing was destroyed")
    app.destroy(lab, lambda log: run_reporter(output, log))
    if output == "table":
        click.echo(f"the lab {lab.plan.name} is gone")
