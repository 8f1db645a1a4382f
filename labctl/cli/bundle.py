"""`labctl bundle`: make, check and show the folder that every lab runs from.

Where bundles come from and what they hold is labctl/sources/; nothing of that is decided here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labctl.cli.options import output_option, source_option

folder_argument = click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def bundle() -> None:
    """Make, check and show bundles: everything a lab is made from, in one folder.

    A bundle can be copied, by USB stick or over the network: a lab made from it needs no network at all.
    """


class _CreateCommand(click.Command):
    """Help that ends with the table of mirrors, read only when help is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, then the mirrors."""
        from labctl.sources.upstream.mirrors import mirror_table

        super().format_epilog(ctx, formatter)
        with formatter.section("Mirrors: each variable names a server in the place of"):
            formatter.write_dl([(variable, f"{base} ({serves})") for variable, base, serves in mirror_table()])


@bundle.command(
    cls=_CreateCommand,
    epilog="""\b
Examples:
  labctl bundle create                           from wherever it can be had
  labctl bundle create --source upstream         from the projects' own servers
  labctl bundle create --source distribution     built here from packages and sources
  labctl bundle create /media/usb/bundle         for another computer
  labctl bundle create --source /media/usb/bundle   there: into its cache""",
)
@source_option
@output_option("table", "json")
@folder_argument
def create(*, source: str, output: str, folder: Path | None) -> None:
    """Make a bundle in FOLDER, by default where `labctl up` looks for it.

    auto takes the bundle in the cache, else upstream if its servers answer, else distribution, and says which and why.
    A bundle that is there already is checked, file by file, and filled again only if it is damaged.
    """
    from labctl import app
    from labctl.adapters.process import LocalProcessRunner
    from labctl.releases import TUTORIAL
    from labctl.report.bundle import bundle_json
    from labctl.report.reporters import run_reporter
    from labctl.sources.create import create as make

    reporter = run_reporter(output, None)
    made = make(
        source, folder, cache=app.cache_folder(), runner=LocalProcessRunner(), release=TUTORIAL, reporter=reporter
    )
    if output == "json":
        click.echo(bundle_json(made.bundle).replace("\n", ""))
        return
    done = "filled" if made.changed else "whole, nothing to do"
    click.echo(f"{made.bundle.root}: {done} ({len(made.bundle.manifest.files)} files; {made.reason})")
    for note in made.bundle.manifest.notes:
        click.echo(f"note: {note}")


@bundle.command(
    epilog="""\b
Examples:
  labctl bundle verify
  labctl bundle verify /media/usb/bundle -o json"""
)
@output_option("table", "json")
@folder_argument
def verify(*, output: str, folder: Path | None) -> None:
    """Check every file of a bundle by its checksum; exit code 4 if any is damaged, missing or too many."""
    from labctl import app
    from labctl.releases import TUTORIAL
    from labctl.report.bundle import problems_json
    from labctl.sources.create import existing

    found = existing(folder, cache=app.cache_folder(), release=TUTORIAL)
    if output == "json":
        problems = found.verify()
        click.echo(problems_json(found, problems))
        sys.exit(4 if problems else 0)
    found.require_whole()
    click.echo(f"{found.root}: whole ({len(found.manifest.files)} files, fingerprint {found.fingerprint()})")


@bundle.command(
    epilog="""\b
Examples:
  labctl bundle show
  labctl bundle show /media/usb/bundle -o json"""
)
@output_option("table", "json")
@folder_argument
def show(*, output: str, folder: Path | None) -> None:
    """Show what a bundle holds: versions, images, files, and where each checksum comes from."""
    from labctl import app
    from labctl.releases import TUTORIAL
    from labctl.report.bundle import bundle_json, bundle_text
    from labctl.sources.create import existing

    found = existing(folder, cache=app.cache_folder(), release=TUTORIAL)
    click.echo(bundle_json(found) if output == "json" else bundle_text(found))
