"""`labctl reset`: back to the fresh cluster, whatever was done to it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import ask_first, file_option, name_option, output_option, yes_option


@click.command(
    epilog="""\b
Examples:
  labctl reset                          the whole lab, as it was when `labctl up` was done
  labctl reset node-2                   one broken node; the others keep running
  labctl reset --to lesson-3 --yes      to a snapshot of your own
  labctl reset --keep before-reset      save what is there first

Exit code: as `labctl verify`, whose claims it ends with."""
)
@file_option
@name_option
@click.option("--to", "snapshot", default="ready", show_default=True, metavar="SNAPSHOT", help="Which snapshot.")
@click.option("--keep", metavar="NAME", help="Save what is there as a snapshot before.")
@yes_option
@output_option("table", "json")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
def reset(
    *,
    file: Path | None,
    name: str | None,
    snapshot: str,
    keep: str | None,
    yes: bool,
    output: str,
    nodes: tuple[str, ...],
) -> None:
    """Make the lab's machines again as they were in a snapshot, and prove every claim.

    The broken cluster is asked for nothing, so it does not matter what was done to it. What was done since the snapshot
    is lost: pods, files on the nodes, settings.
    """
    from labctl import app, lifecycle
    from labctl.report.outcome import show_outcome
    from labctl.report.reporters import run_reporter

    lab = app.existing(name, file)
    found = lifecycle.check_reset(lab, snapshot, nodes)
    if not yes:
        what = ", ".join(nodes) if nodes else "all nodes"
        question = f"Make {what} of the lab {lab.plan.name} again as of {found.created}? What was done since is lost."
        ask_first(
            question, unasked="reset asks before it does", hint="labctl reset --yes", declined="nothing was reset"
        )
    report = lifecycle.reset(lab, snapshot, nodes, keep, lambda log: run_reporter(output, log))
    show_outcome(report, output, sys.stdout)
    sys.exit(report.exit_code())
