"""Walks a recipe: asks each step whether there is something to do, does it, tells what happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from labctl.errors import LabctlError
from labctl.events import StepFailed, StepFinished, StepSkipped, StepStarted
from labctl.steps.recipes import position
from labctl.steps.role import RoleStep, apply_roles
from labctl.steps.step import Lab, Step


@dataclass(frozen=True)
class Range:
    """Which steps: from `first` on they run even if nothing seems to be missing; after `last` none does."""

    first: str | None = None
    last: str | None = None


def walk(
    recipe: tuple[Step, ...],
    lab: Lab,
    run_id: str,
    steps: Range | None = None,
    before: Callable[[Step], None] | None = None,
) -> bool:
    """Do what is missing; returns whether any step did something. before is called before each step that runs.

    Raises the step's LabctlError after noting it.
    """
    work = _Work(lab, run_id, chosen(recipe, steps or Range()), together=before is None)
    worked = False
    while work.left:
        step, reason = work.next()
        if reason is not None:
            work.skip(step, reason)
            continue
        if before is not None:
            before(step)
        work.do(step)
        worked = True
    return worked


def chosen(recipe: tuple[Step, ...], steps: Range) -> list[tuple[Step, bool]]:
    """The steps of a range, each with whether it runs regardless. Raises UsageError for an unknown step."""
    forced = position(recipe, steps.first) if steps.first else len(recipe)
    end = position(recipe, steps.last) + 1 if steps.last else len(recipe)
    return [(step, index >= forced) for index, step in enumerate(recipe[:end])]


def _skip_reason(step: Step, lab: Lab) -> str | None:
    """Ask twice where the answer is yes: the last look may be older than a step that has run since."""
    if step.skip_reason(lab) is None:
        return None
    if lab.stale:
        lab.changed()
    return step.skip_reason(lab)


class _Work:
    """The steps still to be walked; tells reporter and journal of each.

    together: roles that follow each other and all have something to do are applied by one Ansible.
    """

    def __init__(self, lab: Lab, run_id: str, taken: list[tuple[Step, bool]], *, together: bool) -> None:
        self._lab = lab
        self._run_id = run_id
        self._together = together
        self._total = len(taken)
        self.left = taken
        self._begun = 0.0

    def next(self) -> tuple[Step, str | None]:
        """The next step, and why there is nothing to do (None: there is)."""
        step, forced = self.left[0]
        return step, None if forced else _skip_reason(step, self._lab)

    def skip(self, step: Step, reason: str) -> None:
        """Pass over a step."""
        self._lab.reporter.emit(StepSkipped(step.id, step.title, self._place, self._total, reason))
        self.left.pop(0)

    def do(self, step: Step) -> None:
        """Run the step, and with it the roles after it where that saves time. Raises LabctlError."""
        try:
            if isinstance(step, RoleStep):
                apply_roles(self._roles(), self._lab, started=self._started, finished=self._finished)
            else:
                self._started(step)
                self._finished(step, step.run(self._lab))
        except LabctlError as error:
            self._failed(self.left[0][0], error)
            raise
        finally:
            # What was missing before is still taken as missing by the steps after these; a "done" is asked anew.
            self._lab.stale = True

    def _roles(self) -> list[RoleStep]:
        """The role at hand and those right after it that have something to do, too, by the last look."""
        roles: list[RoleStep] = []
        for step, forced in self.left if self._together else self.left[:1]:
            if not isinstance(step, RoleStep):
                break
            if roles and not forced and step.skip_reason(self._lab) is not None:
                break
            roles.append(step)
        return roles

    @property
    def _place(self) -> int:
        return self._total - len(self.left) + 1

    def _started(self, step: Step) -> None:
        self._begun = time.monotonic()
        self._lab.reporter.emit(StepStarted(step.id, step.title, self._place, self._total))
        self._lab.workspace.journal.note(self._run_id, "step_started", step=step.id)

    def _finished(self, step: Step, changed: int | None) -> None:
        seconds = round(time.monotonic() - self._begun, 1)
        self._lab.workspace.journal.note(self._run_id, "step_finished", step=step.id, seconds=seconds, changed=changed)
        self._lab.reporter.emit(StepFinished(step.id, seconds, changed))
        self.left.pop(0)

    def _failed(self, step: Step, error: LabctlError) -> None:
        seconds = round(time.monotonic() - self._begun, 1)
        self._lab.reporter.emit(StepFailed(step.id, seconds, error.message))
        self._lab.workspace.journal.note(self._run_id, "step_failed", step=step.id, seconds=seconds)
