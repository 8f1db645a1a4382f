"""Writes docs/cli.md from the commands' own help: python docs/make_cli.py (make docs).

No word about a command is written here: it belongs into the command's help. tests/cli/test_docs.py compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from labctl.cli import labctl
from labctl.cli.group import SECTIONS

TARGET = Path(__file__).with_name("cli.md")
_WIDTH = 100
_HEAD = """\
# The commands of labctl

Written by `make docs` from the commands' own help; `labctl COMMAND -h` shows the same in the terminal.
What the exit codes mean: [exit-codes.md](exit-codes.md).
"""


def document() -> str:
    """The whole of docs/cli.md."""
    parts = [_HEAD]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in names:
            command = labctl.get_command(click.Context(labctl, info_name="labctl"), name)
            if command is None:
                raise LookupError(f"the help lists a command {name} that is not there")
            parts.extend(_chapters(command, click.Context(labctl, info_name="labctl"), name))
    return "\n".join(parts)


def _chapters(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    """A command's help, then its subcommands'."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield f"### {context.command_path}\n\n```text\n{text}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            if inner is not None:
                yield from _chapters(inner, context, below)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
