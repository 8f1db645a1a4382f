"""`labctl node`: adds workers to a lab that is up, and removes them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import ask_first, file_option, name_option, output_option, yes_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def node() -> None:
    """Add workers to a lab that is up, and remove them. From then on `labctl up` means the lab with these nodes."""


@node.command(
    epilog="""\b
Examples:
  labctl node add
  labctl node add --count 2 -n class-a

Exit code: as `labctl verify`, whose claims it ends with."""
)
@file_option
@name_option
@click.option("--count", type=click.IntRange(1, 20), default=1, show_default=True, help="How many.")
@output_option("table", "json")
def add(*, file: Path | None, name: str | None, count: int, output: str) -> None:
    """Add workers like the last one, with the next names and addresses; DaemonSets follow."""
    from labctl import app, more_nodes
    from labctl.report.outcome import show_outcome
    from labctl.report.reporters import run_reporter

    report = more_nodes.add_nodes(app.existing(name, file), count, lambda log: run_reporter(output, log))
    show_outcome(report, output, sys.stdout)
    sys.exit(report.exit_code())


@node.command(
    epilog="""\b
Examples:
  labctl node remove node-4
  labctl node remove node-4 --yes

Exit code: as `labctl verify`, whose claims it ends with."""
)
@file_option
@name_option
@yes_option
@output_option("table", "json")
@click.argument("node_name", metavar="NODE")
def remove(*, file: Path | None, name: str | None, yes: bool, output: str, node_name: str) -> None:
    """Drain a worker, take it out of the cluster, and remove its machine."""
    from labctl import app, more_nodes
    from labctl.report.outcome import show_outcome
    from labctl.report.reporters import run_reporter

    lab = app.existing(name, file)
    lab.plan.node(node_name)
    if not yes:
        ask_first(
            f"Remove {node_name} of the lab {lab.plan.name} and everything on it?",
            unasked="remove asks before it removes",
            hint="add --yes",
            declined="nothing was removed",
        )
    report = more_nodes.remove_node(lab, node_name, lambda log: run_reporter(output, log))
    show_outcome(report, output, sys.stdout)
    sys.exit(report.exit_code())
