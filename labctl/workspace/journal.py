"""The journal of a lab: which runs there were, who they were (process, start) and which steps they finished.

It serves `status`, history and the search for what a killed run left. It never proves that a step is done.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labctl.workspace.files import append_line


@dataclass(frozen=True)
class StepTime:
    """A step that a run has begun: when (seconds since the run's start), how long, how many changes.

    after: the step whose end it has waited for; beside: those that were at work when it began.
    seconds is None where it did not end, changed also where it is not known.
    """

    step: str
    at: float
    seconds: float | None = None
    changed: int | None = None
    failed: bool = False
    after: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run of a recipe; pid and started (seconds since the epoch) name its process, outcome None: it was cut.

    steps: those that were finished, with their seconds; timeline: all that were begun.
    """

    id: str
    command: str
    pid: int
    started: float
    outcome: str | None
    seconds: float | None
    steps: tuple[tuple[str, float], ...]
    timeline: tuple[StepTime, ...] = ()


class Journal:
    """Reads and appends journal.jsonl; a line cut off by a crash is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def new_id(self) -> str:
        """An id for a run that begins now."""
        return f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"

    def begin(self, run_id: str, command: str, started: float) -> None:
        """Note a new run of this process (which began at `started`) before it starts any child."""
        self.note(run_id, "run_started", command=command, pid=os.getpid(), started=started)

    def note(self, run_id: str, event: str, **data: object) -> None:
        """Append one event of a run. Secrets never belong in data."""
        append_line(self._path, json.dumps({"time": round(time.time(), 3), "run": run_id, "event": event, **data}))

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        runs: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            run = runs.setdefault(str(line.get("run")), {"steps": [], "timeline": []})
            if line["event"] == "run_started":
                run.update(command=line.get("command"), pid=line.get("pid"), started=line.get("started"))
                run["begun"] = line.get("time")
            elif line["event"] == "step_started":
                at = max(0.0, _number(line.get("time")) - _number(run.get("begun")))
                after, beside = _names(line.get("after")), _names(line.get("beside"))
                run["timeline"].append(StepTime(str(line.get("step")), round(at, 1), after=after, beside=beside))
            elif line["event"] in ("step_finished", "step_failed"):
                _end_step(run, line)
            elif line["event"] == "run_finished":
                run.update(outcome=line.get("outcome"), seconds=line.get("seconds"))
        return [
            Run(
                id=run_id,
                command=str(run["command"]),
                pid=int(run["pid"]),
                started=float(run["started"]),
                outcome=run.get("outcome"),
                seconds=run.get("seconds"),
                steps=tuple(run["steps"]),
                timeline=tuple(run["timeline"]),
            )
            for run_id, run in runs.items()
            if run.get("pid") and run.get("started")
        ]

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        for raw in text.splitlines():
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict) and "event" in line and "run" in line:
                yield line


def _end_step(run: dict[str, Any], line: dict[str, Any]) -> None:
    step, seconds = str(line.get("step")), _number(line.get("seconds"))
    failed = line["event"] == "step_failed"
    if not failed:
        run["steps"].append((step, seconds))
    changed = line.get("changed")
    changed = changed if isinstance(changed, int) else None
    for index, begun in reversed(list(enumerate(run["timeline"]))):
        if begun.step == step:
            run["timeline"][index] = replace(begun, seconds=seconds, changed=changed, failed=failed)
            return


def _names(value: object) -> tuple[str, ...]:
    """Names of steps; none for what is no list."""
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _number(value: object) -> float:
    """A number of the journal; 0 for what is none."""
    return float(value) if isinstance(value, int | float) else 0.0
