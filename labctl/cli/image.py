"""`labctl image`: list, bake and prune node images."""

from __future__ import annotations

import json
from pathlib import Path

import click

from labctl.cli.options import ask_first, file_option, output_option, source_option, yes_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def image() -> None:
    """List, bake and prune node images: nodes on which Docker, Kubernetes and its images are installed already.

    `labctl up` bakes one when there is none, and starts every node of every lab from it. It is named by the bundle,
    the roles and the kind of node it was made from: when one of them changes, another is baked.
    """


@image.command(
    "list",
    epilog="""\b
Examples:
  labctl image list
  labctl image list -o json""",
)
@output_option("table", "json")
def list_images(*, output: str) -> None:
    """List the node images on this computer, and which nodes were started from each."""
    from labctl import app
    from labctl.report.words import size

    images = app.node_images()
    if output == "json":
        rows = [{"name": i.name, "bytes": i.size, "created": i.created, "used_by": list(i.used_by)} for i in images]
        click.echo(json.dumps({"schema": "labctl.images/v1", "images": rows}, indent=2))
        return
    if not images:
        click.echo("no node image is here; `labctl up` bakes one when it needs it")
    for found in images:
        users = ", ".join(found.used_by) or "not in use"
        click.echo(f"{found.name}  {size(found.size)}  {found.created[:16].replace('T', ' ')}  {users}")


@image.command(
    epilog="""\b
Examples:
  labctl image bake
  labctl image bake -f class-a.yml"""
)
@file_option
@source_option
@output_option("table", "json")
def bake(*, file: Path | None, source: str, output: str) -> None:
    """Bake the node image that the lab would start from, unless it is there: `labctl up --until bake`."""
    from labctl import app
    from labctl.report.reporters import run_reporter

    app.up(app.resolve(file, source), app.UpOptions(last="bake"), lambda log: run_reporter(output, log))


@image.command(
    epilog="""\b
Examples:
  labctl image prune
  labctl image prune --yes"""
)
@yes_option
def prune(*, yes: bool) -> None:
    """Remove the node images that no lab uses. The next `labctl up` bakes one again."""
    from labctl import app

    if not yes:
        ask_first(
            "Remove all node images that no lab uses?",
            unasked="prune asks before it removes",
            hint="labctl image prune --yes",
            declined="nothing was removed",
        )
    removed = app.prune_images()
    for line in removed:
        click.echo(f"removed {line}")
    if not removed:
        click.echo("nothing to remove")
