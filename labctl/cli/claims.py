"""`labctl claims [ID]`: lists the tutorial's claims, or explains one of them."""

from __future__ import annotations

import click


@click.command()
@click.argument("claim", required=False, metavar="[ID]")
def claims(claim: str | None) -> None:
    """List what `labctl verify` checks, or explain one claim: how it is judged, broken and fixed."""
    from labctl.report.claims import claim_list, explain

    for line in claim_list() if claim is None else explain(claim):
        click.echo(line)
