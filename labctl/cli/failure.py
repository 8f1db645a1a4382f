"""The lines that tell of a failure: what failed, the command, the end of its output, what to do next.

When they are printed, and the exit code, is boundary.py's business.
"""

from __future__ import annotations

import os
import re
import shlex
import time
import traceback
from pathlib import Path

import click

from labctl.errors import ConfigError, LabctlError, ToolError

OUTPUT_LINES = 20
_LINE_LENGTH = 400
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def color() -> bool | None:
    """False where the user wants no colour (no-color.org, a dumb terminal); else click decides by the stream."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def tell(error: LabctlError) -> None:
    """Print an error that the user can act on."""
    _say("Error: ", error.message, "red")
    if isinstance(error, ConfigError):
        for problem in error.problems:
            click.echo(f"  {clean(problem)}", err=True, color=color())
    if error.command:
        _say("Command: ", shlex.join(error.command), "cyan")
    lines = [clean(line) for line in (error.output or "").strip().splitlines()]
    if lines:
        left = len(lines) - OUTPUT_LINES
        _say("Output", f" (the last {OUTPUT_LINES} of {len(lines)} lines):" if left > 0 else ":", "cyan")
        for line in lines[-OUTPUT_LINES:]:
            click.echo(f"  | {line}", err=True, color=color())
    if error.hint:
        _say("Next: ", error.hint, "green")


def tell_interrupted() -> None:
    """Print the one line of Ctrl-C and SIGTERM."""
    click.echo("\nInterrupted: nothing is lost: run the same command again and it goes on", err=True, color=color())


def tell_defect(error: Exception) -> None:
    """Print one line on an error that labctl itself is to blame for; its traceback goes to a file."""
    name = f"defect-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    text = "".join(traceback.format_exception(error))
    summary = clean(f"{type(error).__name__}: {error}".splitlines()[0])
    try:
        from labctl.workspace import labs_folder
        from labctl.workspace.files import write_whole

        path = labs_folder().parent / "defects" / name
        write_whole(path, text, 0o600)
    except (ToolError, OSError):
        click.echo(text, err=True)
        path = Path("above")
    _say("Error: ", f"a defect of labctl: {summary} (traceback: {path}; please report it)", "red")


def clean(text: str) -> str:
    """A line of a tool without colours and whatever else a terminal would obey."""
    return _CONTROLS.sub("", click.unstyle(text))[:_LINE_LENGTH]


def _say(label: str, text: str, colour: str) -> None:
    click.echo(click.style(label, fg=colour, bold=True) + clean(text), err=True, color=color())
