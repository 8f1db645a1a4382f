"""`labctl status`: what of the lab runs, by one look; and what the last runs came to."""

from __future__ import annotations

import json
from pathlib import Path

import click

from labctl.cli.options import file_option, name_option, output_option


@click.command(
    epilog="""\b
Examples:
  labctl status
  labctl status -n tutorial -o json"""
)
@file_option
@name_option
@output_option("table", "json")
def status(*, file: Path | None, name: str | None, output: str) -> None:
    """Show the lab's nodes and its last run. Changes nothing and takes no lock."""
    from labctl.status import status as look

    seen = look(name, file)
    if output == "json":
        click.echo(json.dumps(seen, indent=2))
        return
    click.echo(f"lab {seen['lab']} ({seen['provider']}), Kubernetes {seen['kubernetes']}")
    width = max(len(node["name"]) for node in seen["nodes"])
    for node in seen["nodes"]:
        click.echo(
            f"  {node['name']:<{width}}  {node['ip']:<15}  {node['role']:<13}  {node['machine']:<11}  {node['state']}"
        )
    run = seen["last_run"]
    if run is not None:
        click.echo(f"last run: labctl {run['command']}, {run['outcome'] or 'not finished'}, log {run['log']}")
