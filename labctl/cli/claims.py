"""`labctl claims [ID]`: lists the tutorial's claims, or explains one of them."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def _ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of the claims, for the shell's completion."""
    del context, parameter
    from labctl.checks.registry import CLAIMS

    return [CompletionItem(check.id, help=check.title) for check in CLAIMS if check.id.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  labctl claims                    all claims
  labctl claims kubelet.service    the tutorial's words, how it is judged, broken and fixed"""
)
@click.argument("claim", required=False, metavar="[ID]", shell_complete=_ids)
def claims(claim: str | None) -> None:
    """List the tutorial's claims, or explain one: how it is judged, how to break it and how to fix it."""
    from labctl.report.claims import claim_list, explain

    for line in claim_list() if claim is None else explain(claim):
        click.echo(line)
