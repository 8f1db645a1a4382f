"""`labctl claims [ID]`: lists the tutorial's claims, or explains one of them."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from labctl.cli.options import output_option


def _ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of the claims, for the shell's completion."""
    del context, parameter
    from labctl.checks.registry import CLAIMS

    return [CompletionItem(check.id, help=check.title) for check in CLAIMS if check.id.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  labctl claims                    all claims
  labctl claims 'docker.*'         some of them
  labctl claims kubelet.service    the tutorial's words, how it is judged, broken and fixed
  labctl claims -o json            all about all"""
)
@click.argument("claim", required=False, metavar="[ID]", shell_complete=_ids)
@output_option("table", "json")
def claims(claim: str | None, output: str) -> None:
    """List the tutorial's claims (ID may be a glob), or explain one: how it is judged, how to break and to fix it."""
    from labctl.report.claims import claims_json, claims_text

    for line in [claims_json(claim)] if output == "json" else claims_text(claim):
        click.echo(line)
