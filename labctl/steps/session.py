"""A run of a recipe on one lab: its lock, its journal entry, and the end of what a killed run left behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import LabctlError, ToolError
from labctl.events import Note, Reporter
from labctl.workspace import Workspace
from labctl.workspace.files import clear_parts


@dataclass(frozen=True)
class Session:
    """A run in progress: its id, its log file, and who tells the user."""

    run_id: str
    log: Path
    reporter: Reporter


@contextmanager
def session(workspace: Workspace, command: str, make_reporter: Callable[[Path], Reporter]) -> Iterator[Session]:
    """Hold the lab for one run; make_reporter gets the run's log file. Raises LockedError: another labctl has it."""
    from labctl.adapters import survivors

    with workspace.locked():
        workspace.prepare()
        run_id = workspace.journal.new_id()
        log = workspace.logs / f"{run_id}.log"
        reporter = make_reporter(log)
        _end_survivors(workspace, reporter)
        # What it had begun to write. Nobody writes now.
        clear_parts(workspace.root)
        begun = time.monotonic()
        workspace.journal.begin(run_id, command, survivors.process_started(os.getpid()) or time.time())
        outcome = "defect"
        try:
            yield Session(run_id, log, reporter)
            outcome = "done"
        except LabctlError:
            outcome = "failed"
            raise
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            if workspace.exists:
                seconds = round(time.monotonic() - begun, 1)
                # What went wrong before is what the user must know, not that a full disk takes no note of it.
                with contextlib.nullcontext() if outcome == "done" else contextlib.suppress(ToolError):
                    workspace.journal.note(run_id, "run_finished", outcome=outcome, seconds=seconds)
                if outcome in ("failed", "defect"):
                    reporter.emit(Note(f"the log of this run: {log}"))


def _end_survivors(workspace: Workspace, reporter: Reporter) -> None:
    """Await or end the children of runs whose end the journal does not know; we hold the lock, so they are orphans."""
    from labctl.adapters import survivors

    for run in workspace.journal.runs():
        if run.outcome is None:
            left = survivors.find(run.id, run.started)
            survivors.end(left, lambda text: reporter.emit(Note(text)))
            workspace.journal.note(run.id, "run_finished", outcome="killed")
