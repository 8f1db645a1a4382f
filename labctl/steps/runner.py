"""Walks a recipe: asks each step whether there is something to do, does it, tells what happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from labctl.errors import LabctlError
from labctl.events import StepFailed, StepFinished, StepSkipped, StepStarted
from labctl.steps.recipes import position
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
    taken = chosen(recipe, steps or Range())
    worked = False
    for index, (step, forced) in enumerate(taken):
        reason = None if forced else _skip_reason(step, lab)
        if reason is not None:
            lab.reporter.emit(StepSkipped(step.id, step.title, index + 1, len(taken), reason))
            continue
        if before is not None:
            before(step)
        _run(step, lab, run_id, index + 1, len(taken))
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


def _run(step: Step, lab: Lab, run_id: str, place: int, total: int) -> None:
    lab.reporter.emit(StepStarted(step.id, step.title, place, total))
    lab.workspace.journal.note(run_id, "step_started", step=step.id)
    begun = time.monotonic()
    try:
        changed = step.run(lab)
    except LabctlError as error:
        seconds = round(time.monotonic() - begun, 1)
        lab.reporter.emit(StepFailed(step.id, seconds, error.message))
        lab.workspace.journal.note(run_id, "step_failed", step=step.id, seconds=seconds)
        raise
    # What was missing before is still taken as missing by the steps after this one; only a "done" is asked anew.
    lab.stale = True
    seconds = round(time.monotonic() - begun, 1)
    lab.workspace.journal.note(run_id, "step_finished", step=step.id, seconds=seconds, changed=changed)
    lab.reporter.emit(StepFinished(step.id, seconds, changed))
