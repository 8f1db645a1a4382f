"""`labctl kubectl`: the bundle's kubectl with the lab's kubeconfig."""

from __future__ import annotations

import os
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  labctl kubectl -- get nodes -o wide
  labctl kubectl -- get pods -n kube-system""",
)
@file_option
@name_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def kubectl(*, file: Path | None, name: str | None, arguments: tuple[str, ...]) -> None:
    """Run kubectl with ARGUMENTS against the lab; ends with its exit code. Your own kubeconfig is not touched."""
    from labctl import app

    argv, environment = app.kubectl_command(name, file, arguments)
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - the terminal belongs to kubectl from here on
