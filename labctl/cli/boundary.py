"""The error boundary: runs the command line, turns every way of ending into an exit code and a few lines.

The one place that prints errors. What the lines of a LabctlError say stands in failure.py.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from labctl.cli import failure
from labctl.errors import ExitCode, LabctlError, ToolError

COMPLETE_VARIABLE = "_LABCTL_COMPLETE"
# What a shell reports of a program that SIGPIPE ended: `labctl plan | head -1` is no failure of the lab.
BROKEN_PIPE = 128 + signal.SIGPIPE


def run(group: click.Group, arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code (labctl.errors.ExitCode). Never raises."""
    with _terminate_as_interrupt():
        try:
            _prepare_streams()
            code = _invoke(group, arguments)
            if sys.stdout is not None:  # closed by the caller
                sys.stdout.flush()
        except BrokenPipeError:
            _discard_output()
            return BROKEN_PIPE
        except Exception as error:  # the boundary is what catches everything
            return _told(error)
        except KeyboardInterrupt:
            return _told(click.Abort())
        return code


def _invoke(group: click.Group, arguments: Sequence[str]) -> int:
    instruction = os.environ.get(COMPLETE_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "labctl", COMPLETE_VARIABLE, instruction)
    try:
        with group.make_context("labctl", list(arguments), color=failure.color()) as context:
            result = group.invoke(context)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else ExitCode.OK
    return result if isinstance(result, int) else ExitCode.OK


def _told(error: Exception) -> int:
    """Print an error that ended the command; returns its exit code."""
    code, tell = _judged(error)
    try:
        tell()
    except OSError:  # nobody reads, or the disk is full: the exit code still says it
        _discard_output()
    return code


def _judged(error: Exception) -> tuple[int, Callable[[], None]]:
    """The exit code of an error and what prints it."""
    match error:
        case click.Abort():
            return ExitCode.INTERRUPTED, failure.tell_interrupted
        case click.ClickException():
            return (ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.TOOL), error.show
        case LabctlError():
            return error.exit_code, lambda: failure.tell(error)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EROFS | errno.EIO, filename=filename):
            what, hint = (filename, "free some space, or use another disk") if filename else ("the output", None)
            return ExitCode.TOOL, lambda: failure.tell(
                ToolError(f"{what} cannot be written: {error.strerror}", hint=hint)
            )
    return ExitCode.DEFECT, lambda: failure.tell_defect(error)


def _prepare_streams() -> None:
    """Let no character be an error where the terminal's encoding lacks it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter's own flush at the end is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):  # no real file, as in tests
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """While labctl works, SIGTERM ends it as Ctrl-C does: orderly."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: the signal is somebody else's
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
