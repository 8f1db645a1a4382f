"""`labctl schema`: the JSON Schema of a lab file."""

from __future__ import annotations

import click


@click.command(
    epilog="""\b
Examples:
  labctl schema > lab.schema.json
  then begin lab.yml with:  # yaml-language-server: $schema=./lab.schema.json"""
)
def schema() -> None:
    """Print the JSON Schema of lab files, by which editors complete and check them."""
    from labctl.config.schema import json_schema_text

    click.echo(json_schema_text(), nl=False)
