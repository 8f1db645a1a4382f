"""`labctl destroy`: removes the lab without a trace."""

from __future__ import annotations

from pathlib import Path

import click

from labctl.cli.options import ask_first, file_option, name_option, output_option, yes_option


@click.command(
    epilog="""\b
Examples:
  labctl destroy
  labctl destroy --yes -n class-a"""
)
@file_option
@name_option
@yes_option
@output_option("table", "json")
def destroy(*, file: Path | None, name: str | None, yes: bool, output: str) -> None:
    """Destroy the lab: machines, volumes, networks, image tags and files. The bundle stays in the cache."""
    from labctl import app
    from labctl.report.reporters import run_reporter

    lab = app.existing(name, file)
    if not yes:
        nodes = ", ".join(node.name for node in lab.plan.nodes)
        ask_first(
            f"Destroy the lab {lab.plan.name} ({nodes}) and everything on its nodes?",
            unasked="destroy asks before it destroys",
            hint="labctl destroy --yes",
            declined="nothing was destroyed",
        )
    app.destroy(lab, lambda log: run_reporter(output, log))
    if output == "table":
        click.echo(f"the lab {lab.plan.name} is gone")
