"""`labctl setup`: installs what labctl needs on this computer and starts the Docker daemon."""

from __future__ import annotations

import sys

import click

from labctl.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  labctl setup             show what is missing, ask, supply it
  labctl setup --yes       do not ask"""
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def setup(*, yes: bool) -> None:
    """Install what is missing (Vagrant, Docker, …) from the distribution and start the Docker daemon.

    Says what it does before it does it; does nothing where nothing is missing.
    """
    from labctl.adapters.process import LocalProcessRunner
    from labctl.setup import missing, perform

    actions = missing(LocalProcessRunner())
    if not actions:
        click.echo("nothing is missing: this computer is ready for `labctl up`")
        return
    for action in actions:
        click.echo(f"{action.title}:")
        for command in action.commands:
            click.echo(f"  {command}")
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("setup asks before it installs, and there is no terminal", hint="labctl setup --yes")
        if not click.confirm("Do this?"):
            raise UsageError("nothing was changed")
    perform(actions, lambda text: click.echo(f"… {text}"))
    click.echo("this computer is ready for `labctl up`")
