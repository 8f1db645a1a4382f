"""`labctl ssh`: a shell on a node, or one command there."""

from __future__ import annotations

import os
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  labctl ssh k8s-master
  labctl ssh node-1 -- systemctl status kubelet
  labctl ssh node-1 -- sh -c 'ls /etc | wc -l'""",
)
@file_option
@name_option
@click.argument("node")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(*, file: Path | None, name: str | None, node: str, command: tuple[str, ...]) -> None:
    """Open a shell on NODE as the tutorial's ordinary user, or run COMMAND there; ends with its exit code.

    COMMAND's arguments arrive as they are given; what a shell is to read needs `sh -c`.
    """
    from labctl import app

    argv = app.ssh_command(name, file, node, command)
    os.execvp(argv[0], argv)  # noqa: S606 - the terminal belongs to ssh from here on
