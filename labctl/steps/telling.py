"""Tells reporter and journal what becomes of each step of a walk, from whichever thread it is at work in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Lock

from labctl.errors import LabctlError
from labctl.events import StepFailed, StepFinished, StepSkipped, StepStarted
from labctl.steps.step import Lab, Step


class Telling:
    """order: the ids of the walk's steps. Knows which of them are at work, and which ended last."""

    def __init__(self, lab: Lab, run_id: str, order: Sequence[str]) -> None:
        self._lab = lab
        self._run_id = run_id
        self._order = order
        self._begun: dict[str, float] = {}
        self._last: tuple[str, ...] = ()
        self._lock = Lock()

    def skipped(self, step: Step, reason: str) -> None:
        """There was nothing to do."""
        self._lab.reporter.emit(StepSkipped(step.id, step.title, *self._place(step), reason))

    def started(self, step: Step) -> None:
        """The step begins: after the one that ended last, beside those at work."""
        with self._lock:
            after, beside = self._last, tuple(self._begun)
            self._begun[step.id] = time.monotonic()
            # Together under the lock: who is told later has begun later.
            self._lab.reporter.emit(StepStarted(step.id, step.title, *self._place(step), after, beside))
            self._note("step_started", step, after=after, beside=beside)

    def finished(self, step: Step, changed: int | None) -> None:
        """The step ended well, with so many changes where that is known."""
        with self._lock:
            seconds = self._seconds(step)
            self._last = (step.id,)
            self._note("step_finished", step, seconds=seconds, changed=changed)
            self._lab.reporter.emit(StepFinished(step.id, seconds, changed))

    def failed(self, step: Step, error: BaseException) -> None:
        """The step ended with an error. Others than LabctlError are told by whoever catches them."""
        if not isinstance(error, LabctlError):
            return
        with self._lock:
            seconds = self._seconds(step)
            self._lab.reporter.emit(StepFailed(step.id, seconds, error.message))
            self._note("step_failed", step, seconds=seconds)

    def _place(self, step: Step) -> tuple[int, int]:
        return self._order.index(step.id) + 1, len(self._order)

    def _seconds(self, step: Step) -> float:
        begun = self._begun.pop(step.id, None)
        return 0.0 if begun is None else round(time.monotonic() - begun, 1)

    def _note(self, event: str, step: Step, **data: object) -> None:
        self._lab.workspace.journal.note(self._run_id, event, step=step.id, **data)
