"""`labctl up`: brings the lab up, or to what it should be; ends with the claims and what to do now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labctl.cli.options import file_option, output_option, source_option

if TYPE_CHECKING:
    from labctl.app import Raised, Resolved
    from labctl.steps.step import Step


@click.command(
    epilog="""\b
Examples:
  labctl up                         the lab of ./lab.yml, else the tutorial's own
  labctl up -f class.yml            another lab
  labctl up --dry-run               what would be done, and nothing else
  labctl up --from weave_net        do this step and all after it, whatever they seem to need
  labctl up --step                  stop before each step and show what a learner would type
  labctl up -o json                 one event a line, for programs

Exit codes: 0 every claim holds; 1 a claim fails; 2 usage; 3 lab file; 4 a tool failed;
5 another labctl works on this lab; 130 interrupted (run it again: it goes on)."""
)
@file_option
@source_option
@click.option("--from", "first", metavar="STEP", help="Run this step and all after it regardless.")
@click.option("--until", "last", metavar="STEP", help="Stop after this step.")
@click.option("--step", "stepwise", is_flag=True, help="Stop before each step and show its commands.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option("--copy-bundle", is_flag=True, help="Copy the bundle to the nodes over SSH, as virtual machines get it.")
@output_option("table", "json")
def up(
    *,
    file: Path | None,
    source: str,
    first: str | None,
    last: str | None,
    stepwise: bool,
    dry_run: bool,
    copy_bundle: bool,
    output: str,
) -> None:
    """Bring up the tutorial's cluster and prove it claim by claim.

    What is there already is left as it is: a second run changes nothing, a run after a cut goes on.
    """
    from labctl import app
    from labctl.report.reporters import run_reporter

    options = app.UpOptions(first, last, copy_bundle)
    options.check()
    if stepwise and (output == "json" or not sys.stdin.isatty()):
        raise click.UsageError("--step asks before each step: it needs a terminal and no -o json")
    resolved = app.resolve(file, source)
    if dry_run:
        _dry_run(resolved, options, output)
        return
    raised = app.up(
        resolved,
        options,
        lambda log: run_reporter(output, log),
        (lambda step: _pause(step, resolved)) if stepwise else None,
    )
    _show(raised, output)


def _dry_run(resolved: Resolved, options: object, output: str) -> None:
    from labctl import app
    from labctl.report.steps import print_dry_run

    print_dry_run(app.dry_run(resolved, options), output, sys.stdout)  # type: ignore[arg-type]


def _pause(step: Step, resolved: Resolved) -> None:
    click.echo(f"\nNext: {step.title}. You would type:")
    for command in step.describe(resolved.plan):
        click.echo(f"  $ {command}")
    click.pause("Press a key to let labctl do it (Ctrl-C ends; `labctl up` goes on later) ")


def _show(raised: Raised, output: str) -> None:
    from labctl.report.outcome import show_outcome

    if raised.report is None:
        return
    show_outcome(raised.report, output, sys.stdout)
    if output == "table":
        from labctl.report.what_now import what_now

        click.echo(what_now(raised.lab.plan, str(raised.lab.workspace.kubeconfig)))
    sys.exit(raised.report.exit_code())
