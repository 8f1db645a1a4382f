"""Walks a recipe: asks each step whether there is something to do, does it, tells what happened.

A step waits for all steps before it in the recipe. Only where no node is in a cluster yet may those that it names in
`beside` still be at work: its role itself awaits what it needs of them. In a cluster that is being mended, one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event

from labctl.steps.files import ensure_lab_files
from labctl.steps.recipes import position
from labctl.steps.role import RoleStep, apply_roles
from labctl.steps.step import Lab, Step
from labctl.steps.telling import Telling


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

    With before, steps run one by one. Raises the step's LabctlError after noting it.
    """
    taken = chosen(recipe, steps or Range())
    return _Walk(lab, taken, Telling(lab, run_id, [step.id for step, _ in taken]), before).walk()


def chosen(recipe: tuple[Step, ...], steps: Range) -> list[tuple[Step, bool]]:
    """The steps of a range, each with whether it runs regardless. Raises UsageError for an unknown step."""
    forced = position(recipe, steps.first) if steps.first else len(recipe)
    end = position(recipe, steps.last) + 1 if steps.last else len(recipe)
    return [(step, index >= forced) for index, step in enumerate(recipe[:end])]


@dataclass(frozen=True)
class _News:
    """What a thread at work has to say: these steps are no longer at work; error: why the first of them failed."""

    steps: tuple[Step, ...]
    error: BaseException | None = None


class _Walk:
    """One walk: which steps are open, at work, and done. Decides in one thread; roles are applied in others.

    Steps that apply no role run in the thread of the walk: none of them overlaps with another.
    """

    def __init__(
        self, lab: Lab, taken: list[tuple[Step, bool]], telling: Telling, before: Callable[[Step], None] | None
    ) -> None:
        self._lab = lab
        self._order = [step.id for step, _ in taken]
        self._open = taken
        self._telling = telling
        self._before = before
        self._done: set[str] = set()
        self._at_work: set[str] = set()
        # Whether steps may overlap: nobody has joined yet.
        self._fresh = False
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._called_off = Event()

    def walk(self) -> bool:
        """To the end; returns whether any step did something. Raises the first error, when nobody is at work."""
        worked = False
        with ThreadPoolExecutor(max_workers=len(self._order) or 1) as pool:
            try:
                while self._open or self._at_work:
                    worked |= self._begin_what_can(pool)
                    if self._at_work:
                        self._hear(self._news.get())
            except BaseException:
                self._called_off.set()
                self._await_others()
                raise
        return worked

    def _begin_what_can(self, pool: ThreadPoolExecutor) -> bool:
        """Skip or begin every step that waits for none; returns whether one began."""
        began = False
        for step, forced in list(self._open):
            if step.id in self._at_work or not self._waits(step) <= self._overlaps(step):
                continue
            reason = None if forced else self._reason(step)
            if reason is None:
                self._begin(step, pool)
                began = True
            elif not self._waits(step):
                self._telling.skipped(step, reason)
                self._close(step)
        return began

    def _waits(self, step: Step) -> set[str]:
        """Steps before this one that are not done."""
        return set(self._order[: self._order.index(step.id)]) - self._done

    def _overlaps(self, step: Step) -> set[str]:
        """Steps for whose end this one need not wait."""
        return set(step.beside) if self._fresh and self._before is None and isinstance(step, RoleStep) else set()

    def _reason(self, step: Step) -> str | None:
        """Why there is nothing to do, by the last look.

        Where that is so, a look that is older than a step's work is not enough, once nobody beside it is at work.
        """
        reason = step.skip_reason(self._lab)
        if reason is not None and self._lab.stale and not self._waits(step):
            self._lab.changed()
            return step.skip_reason(self._lab)
        return reason

    def _begin(self, step: Step, pool: ThreadPoolExecutor) -> None:
        if self._before is not None:
            self._before(step)
        if isinstance(step, RoleStep):
            members = self._lab.joined()
            self._fresh = not members
            roles = self._together(step)
            self._at_work |= {role.id for role in roles}
            ensure_lab_files(self._lab)
            pool.submit(self._apply, roles, members)
            return
        self._telling.started(step)
        try:
            changed = step.run(self._lab)
        except BaseException as error:
            self._telling.failed(step, error)
            raise
        finally:
            # What was missing before is still taken as missing by the steps after these; a "done" is asked anew.
            self._lab.stale = True
        self._telling.finished(step, changed)
        self._close(step)

    def _together(self, step: RoleStep) -> list[RoleStep]:
        """The role and those right after it that wait for it and have something to do: one Ansible applies them."""
        roles = [step]
        following = self._open[[each for each, _ in self._open].index(step) + 1 :]
        for other, forced in following if self._before is None else ():
            if not isinstance(other, RoleStep) or self._overlaps(other) & {role.id for role in roles}:
                break
            if not forced and other.skip_reason(self._lab) is not None:
                break
            roles.append(other)
        return roles

    def _apply(self, roles: list[RoleStep], members: frozenset[str]) -> None:
        """In a thread of its own: apply the roles, and tell the walk of each one's end."""
        left = list(roles)

        def finished(role: RoleStep, changed: int) -> None:
            self._telling.finished(role, changed)
            left.remove(role)
            self._news.put(_News((role,)))

        try:
            apply_roles(
                roles,
                self._lab,
                members,
                started=self._telling.started,
                finished=finished,
                called_off=self._called_off.is_set,
            )
        except BaseException as error:  # it is raised in the thread of the walk
            self._telling.failed(left[0], error)
            self._news.put(_News(tuple(left), error))

    def _hear(self, news: _News) -> None:
        self._at_work -= {step.id for step in news.steps}
        self._lab.stale = True
        if news.error is not None:
            raise news.error
        for step in news.steps:
            self._close(step)

    def _await_others(self) -> None:
        """Until nobody is at work; what they say is the consequence of their having been called off."""
        while self._at_work:
            self._at_work -= {step.id for step in self._news.get().steps}

    def _close(self, step: Step) -> None:
        self._done.add(step.id)
        self._open = [(each, forced) for each, forced in self._open if each.id != step.id]
