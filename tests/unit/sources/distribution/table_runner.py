"""A runner that answers from a table instead of starting programs, and a reporter that remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.events import Event

Answer = str | Exception | Callable[[tuple[str, ...], Path | None], str]


@dataclass
class TableRunner:
    """Answers a command by the longest of its beginnings in the table; remembers commands and environments."""

    table: dict[tuple[str, ...], Answer] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)

    def cancel(self) -> None:
        """Nothing runs longer than its answer takes."""

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        check: bool = True,
    ) -> Completed:
        argv = tuple(str(part) for part in command)
        self.commands.append(argv)
        self.environments.append(dict(env or {}))
        for length in range(len(argv), 0, -1):
            if argv[:length] in self.table:
                return self._answer(self.table[argv[:length]], argv, cwd, check)
        raise AssertionError(f"nobody expected {argv}")

    @staticmethod
    def _answer(answer: Answer, argv: tuple[str, ...], cwd: Path | None, check: bool) -> Completed:
        if isinstance(answer, Exception):
            if not check and isinstance(answer, ToolError):
                return Completed(argv, 100, "", answer.output or "")
            raise answer
        return Completed(argv, 0, answer if isinstance(answer, str) else answer(argv, cwd), "")


class Events:
    def __init__(self) -> None:
        self.seen: list[Event] = []

    def emit(self, event: Event) -> None:
        self.seen.append(event)
