"""Options that several commands share, so that they look and mean the same everywhere.

Options of one command stand in its own file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from labctl.errors import UsageError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _labs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the labs on this computer, for the shell's completion."""
    del context, parameter
    from labctl.workspace import labs_folder

    folder = labs_folder()
    labs = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [CompletionItem(lab) for lab in labs if lab.startswith(incomplete)]


# The file may be missing or a folder: that is told as any other mistake in a lab file, with exit code 3.
file_option = click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Lab file. Default: ./lab.yml if it is there, else the tutorial's own lab.",
)

name_option = click.option(
    "-n",
    "--name",
    "--lab",
    "name",
    metavar="NAME",
    shell_complete=_labs,
    help="Name of a lab on this computer, instead of its lab file.",
)

source_option = click.option(
    "--source",
    metavar="SOURCE",
    default="auto",
    show_default=True,
    help="Where the bundle comes from: auto, upstream, distribution, or a folder that holds one.",
)


def lab_file_words(given: Path | None, used: Path) -> str:
    """Which lab file a command took, and why where none was given."""
    if given is not None:
        return str(used)
    return f"{used} (in this folder)" if used == Path("lab.yml") else f"{used} (the tutorial's own: no lab.yml here)"


def output_option(*choices: str) -> Callable[[Decorated], Decorated]:
    """`-o`: the form of the output, the first choice being the default."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Form of the output.",
    )


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def ask_first(question: str, *, unasked: str, hint: str, declined: str) -> None:
    """Go on only if the user says so. Raises UsageError: declined; unasked, with hint, where there is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError(f"{unasked}, and there is no terminal", hint=hint)
    if not click.confirm(question, err=True):
        raise UsageError(declined)
