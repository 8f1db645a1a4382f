"""`labctl snapshot`: save, list, show, restore and delete the state of a whole lab."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from labctl.cli.options import ask_first, file_option, name_option, output_option, yes_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def snapshot() -> None:
    """Save, list, show, restore and delete snapshots: the state of all nodes of a lab in one moment.

    `labctl up` saves `ready` by itself once all claims hold; `labctl reset` leads back to it.
    """


@snapshot.command(
    epilog="""\b
Examples:
  labctl snapshot save lesson-3
  labctl snapshot save lesson-3 -n class-a"""
)
@file_option
@name_option
@output_option("table", "json")
@click.argument("snapshot_name", metavar="NAME")
def save(*, file: Path | None, name: str | None, output: str, snapshot_name: str) -> None:
    """Save the lab as it is now; its nodes stand still for a moment. An older snapshot of that name is replaced."""
    from labctl import app, lifecycle
    from labctl.report.reporters import run_reporter
    from labctl.report.snapshots import as_row

    lab = app.existing(name, file)
    saved = lifecycle.save_snapshot(lab, snapshot_name, lambda log: run_reporter(output, log))
    click.echo(json.dumps({"event": "snapshot", **as_row(saved)}) if output == "json" else f"saved {snapshot_name}")


@snapshot.command(
    "list",
    epilog="""\b
Examples:
  labctl snapshot list
  labctl snapshot list -o json""",
)
@file_option
@name_option
@output_option("table", "json")
def list_snapshots(*, file: Path | None, name: str | None, output: str) -> None:
    """List the lab's snapshots, the oldest first."""
    from labctl import app, lifecycle
    from labctl.report.snapshots import print_snapshots

    print_snapshots(lifecycle.list_snapshots(app.existing(name, file)), output, sys.stdout)


@snapshot.command(
    epilog="""\b
Examples:
  labctl snapshot show ready
  labctl snapshot show ready -o json"""
)
@file_option
@name_option
@output_option("table", "json")
@click.argument("snapshot_name", metavar="NAME")
def show(*, file: Path | None, name: str | None, output: str, snapshot_name: str) -> None:
    """Show one snapshot: its plan, versions, date, size and checksum, and whether it can be restored."""
    from labctl import app, lifecycle
    from labctl.report.snapshots import print_snapshot

    lab = app.existing(name, file)
    found, problem = lifecycle.show_snapshot(lab, snapshot_name)
    print_snapshot(found, problem, output, sys.stdout)


@snapshot.command(
    epilog="""\b
Examples:
  labctl snapshot restore lesson-3
  labctl snapshot restore lesson-3 --yes"""
)
@file_option
@name_option
@yes_option
@output_option("table", "json")
@click.argument("snapshot_name", metavar="NAME")
@click.pass_context
def restore(
    context: click.Context, *, file: Path | None, name: str | None, yes: bool, output: str, snapshot_name: str
) -> None:
    """Make all machines again as they were in a snapshot: `labctl reset --to NAME`."""
    from labctl.cli.reset import reset

    context.invoke(reset, file=file, name=name, snapshot=snapshot_name, keep=None, yes=yes, output=output, nodes=())


@snapshot.command(
    epilog="""\b
Examples:
  labctl snapshot delete lesson-3
  labctl snapshot delete lesson-3 --yes"""
)
@file_option
@name_option
@yes_option
@click.argument("snapshot_name", metavar="NAME")
def delete(*, file: Path | None, name: str | None, yes: bool, snapshot_name: str) -> None:
    """Delete a snapshot."""
    from labctl import app, lifecycle
    from labctl.report.reporters import run_reporter

    lab = app.existing(name, file)
    if not yes:
        ask_first(
            f"Delete the snapshot {snapshot_name} of the lab {lab.plan.name}?",
            unasked="delete asks before it does",
            hint="add --yes",
            declined="nothing was deleted",
        )
    lifecycle.delete_snapshot(lab, snapshot_name, lambda log: run_reporter("table", log))
    click.echo(f"deleted {snapshot_name}")
