"""`labctl render`: the files that `up` would work with, for reading or for use without labctl."""

from __future__ import annotations

from pathlib import Path

import click

from labctl.cli.options import file_option, lab_file_words, source_option


@click.command(
    epilog="""\b
Examples:
  labctl render -d out
  labctl render -f class.yml -d out && (cd out && vagrant validate)"""
)
@file_option
@source_option
@click.option(
    "-d",
    "--directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; made if it is not there, files of the same name are replaced.",
)
def render(*, file: Path | None, source: str, directory: Path) -> None:
    """Write the lab's Vagrantfile, inventory and kubeadm configuration, readable and commented."""
    from labctl import app

    resolved = app.resolve(file, source)
    click.echo(f"lab file: {lab_file_words(file, resolved.file)}")
    for path in app.render_lab(resolved, directory):
        click.echo(str(path))
