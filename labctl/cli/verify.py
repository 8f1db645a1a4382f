"""`labctl verify`: flags to one call to a printed report; judging and printing are elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labctl.cli.options import file_option, name_option, output_option

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport

WATCH_SECONDS = 600


@click.command(
    epilog="""\b
Examples:
  labctl verify                          the live lab, every claim
  labctl verify -o wide                  with what the tutorial shows beside what the lab shows
  labctl verify --only 'kubelet.*'       only some claims
  labctl verify --watch                  again and again, until every claim holds
  labctl verify --wait 300 -o json       for scripts: gives the lab five minutes
  labctl verify --deep                   also what probe pods on every node see of network and DNS
  labctl verify --from lab.tar.gz        a recording; needs no cluster
  labctl verify -o html > report.html    a page for the browser; junit for CI, md for an issue

Exit code: 0 every claim holds, 1 one FAILs (or drifts, with --strict), 4 one could not be looked at."""
)
@file_option
@name_option
@click.option(
    "--from",
    "recording",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Judge a recording (a folder or .tar.gz) instead of the live lab.",
)
@output_option("table", "wide", "json", "junit", "html", "md")
@click.option("--only", multiple=True, metavar="GLOB", help="Only claims with such an id. May be repeated.")
@click.option("--skip", multiple=True, metavar="GLOB", help="No claims with such an id. May be repeated.")
@click.option("--deep", is_flag=True, help="Also start probe pods on every node, for the network's and DNS's claims.")
@click.option("--strict", is_flag=True, help="What drifts from the tutorial fails too.")
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="Look again until no claim FAILs and all could be looked at, so long at most; then print the last report.",
)
@click.option(
    "--watch",
    is_flag=True,
    help=f"As --wait, and show how far it is, on standard error. At most {WATCH_SECONDS} seconds without --wait.",
)
def verify(
    *,
    file: Path | None,
    name: str | None,
    recording: Path | None,
    output: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    deep: bool,
    strict: bool,
    wait: int | None,
    watch: bool,
) -> None:
    """Judge the lab by every claim of the tutorial. Changes nothing and takes no lock."""
    if recording is not None:
        if file is not None or name is not None or deep:
            raise click.UsageError("--from judges a recording: --file, --name and --deep do not go with it")
        if wait is not None or watch:
            raise click.UsageError(
                "--from judges a recording, which stays as it is: --wait and --watch do not go with it"
            )
        from labctl.checks.recorded import judge_recording

        report = judge_recording(recording, only, skip)
    else:
        from labctl.app import verify_live

        seconds = wait if wait is not None else WATCH_SECONDS if watch else 0
        with _shown(watch, seconds) as tell:
            report = verify_live(name, file, only, skip, deep=deep, seconds=seconds, tell=tell)
    from labctl.report.outputs import write_report

    write_report(report, output, sys.stdout)
    sys.exit(report.exit_code(strict=strict))


def _shown(watch: bool, seconds: float) -> AbstractContextManager[Callable[[CheckReport], None]]:
    """What shows a report while more are waited for."""
    if not watch:
        return nullcontext(lambda _: None)
    from labctl.report.watch import watching

    return watching(sys.stderr, seconds)
