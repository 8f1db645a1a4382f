"""The errors that labctl raises on purpose, and the exit code of each.

Low layers raise these; labctl/cli/__init__.py is the one place that prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a labctl command returns to its caller (the contract of docs/exit-codes.md)."""

    OK = 0
    CLAIM_FAILED = 1
    USAGE = 2
    CONFIG = 3
    TOOL = 4
    LOCKED = 5
    DEFECT = 70
    INTERRUPTED = 130


class LabctlError(Exception):
    """A failure that the user can act on.

    message: what failed, one sentence without a final full stop.
    hint: what to do next. command: the argv that was run. output: what the tool said (stdout and stderr).
    Secrets never belong in any of them.
    """

    exit_code: ExitCode = ExitCode.TOOL

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        command: Sequence[str] | None = None,
        output: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.command = tuple(command) if command is not None else None
        self.output = output


class ConfigError(LabctlError):
    """The lab file is wrong; `problems` holds one line per mistake, each with file and line."""

    exit_code = ExitCode.CONFIG

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class UsageError(LabctlError):
    """The command line asks for something that cannot be, or the user declined."""

    exit_code = ExitCode.USAGE


class ToolError(LabctlError):
    """A tool that labctl drives (Vagrant, Ansible, Docker, a server) failed or is missing."""


class NotFoundError(ToolError):
    """A server answered that what it was asked for is not there."""


class ClaimsError(LabctlError):
    """Claims do not hold: exit 1 where one FAILs, else (some could not be judged) the exit code of a failed tool."""

    def __init__(self, message: str, *, failed: bool, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = ExitCode.CLAIM_FAILED if failed else ExitCode.TOOL


class LockedError(LabctlError):
    """Another labctl works on this lab."""

    exit_code = ExitCode.LOCKED
