"""`labctl collect`: flags to one call; what goes into the archive stands in labctl/collect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labctl.cli.options import file_option, name_option

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command(
    epilog="""\b
Examples:
  labctl collect                         labctl-tutorial-20210618T022231Z.tar.gz in this folder
  labctl collect -o lab.tar.gz           into that file
  labctl verify --from lab.tar.gz        what a helper does with it, on any computer

Exit code: 0 an archive was written, also where some of it could not be had (it says what and why)."""
)
@file_option
@name_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File to write, or a folder for it. Default: this folder; named by lab and UTC time.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written, and what is missing, as JSON.")
def collect(*, file: Path | None, name: str | None, output: Path | None, force: bool, as_json: bool) -> None:
    """Write an archive for whoever helps you: facts and logs of the lab, without secrets.

    It works as well where the lab is broken or was never brought up. Changes nothing and takes no lock.
    """
    from labctl.archiving import collect_archive
    from labctl.events import Note
    from labctl.report.reporters import run_reporter

    reporter = run_reporter("table", None)
    made = collect_archive(name, file, output, lambda text: reporter.emit(Note(text)), force=force)
    reporter.close()
    if as_json:
        data = {"path": str(made.path), "bytes": made.size, "files": made.files, "seconds": made.seconds}
        click.echo(json.dumps({"schema": "labctl.collect/v1", **data, "missing": dict(made.missing)}, indent=2))
        return
    for line in _told(made.missing):
        click.echo(f"missing: {line}", err=True)
    click.echo(made.path)


def _told(missing: Mapping[str, str]) -> list[str]:
    """What is missing, one line for each reason."""
    names: dict[str, list[str]] = {}
    for name, reason in missing.items():
        names.setdefault(reason, []).append(name)
    return [
        f"{found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''}: {reason}"
        for reason, found in names.items()
    ]
