"""`labctl verify`: flags to one call to a printed report; judging and printing are elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("-f", "--file", type=click.Path(dir_okay=False, path_type=Path), help="The lab file of the lab.")
@click.option("-n", "--name", help="The lab's name, instead of its file.")
@click.option(
    "--from",
    "recording",
    type=click.Path(exists=True, path_type=Path),
    help="Judge a recording (folder or .tar.gz) instead of a live lab.",
)
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--only", multiple=True, metavar="GLOB", help="Only claims with such an id; may be repeated.")
@click.option("--skip", multiple=True, metavar="GLOB", help="Not the claims with such an id; may be repeated.")
@click.option("--strict", is_flag=True, help="A drift fails too.")
def verify(
    *,
    file: Path | None,
    name: str | None,
    recording: Path | None,
    output: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    strict: bool,
) -> None:
    """Judge the lab by every claim of the tutorial.

    Exit code 0: every claim holds; 1: one FAILs; 4: one could not be looked at and none FAILs.
    """
    if recording is not None:
        if file is not None or name is not None:
            raise click.UsageError("--from judges a recording: give no --file and no --name with it")
        from labctl.checks.recorded import judge_recording

        report = judge_recording(recording, only, skip)
    else:
        from labctl.app import verify_live

        report = verify_live(name, file, only, skip)
    if output == "json":
        from labctl.report.json import render_json

        click.echo(render_json(report), nl=False)
    else:
        from labctl.report.console import print_report

        print_report(report, sys.stdout)
    sys.exit(report.exit_code(strict=strict))
