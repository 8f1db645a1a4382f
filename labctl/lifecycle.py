"""What is done to a lab that has been brought up: reset, snapshots, halt, resume. One function a command; no printing.

How a lab is put together from real tools stands in app.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labctl import app
from labctl.errors import LabctlError, UsageError
from labctl.events import Reporter
from labctl.steps.snapshots import delete, fitting, restorable, save, snapshots
from labctl.steps.step import Lab, Step
from labctl.workspace.snapshots import Snapshot

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport

MakeReporter = Callable[[Path], Reporter]


@contextmanager
def at_work(lab: Lab, command: str, make_reporter: MakeReporter) -> Iterator[tuple[Lab, str]]:
    """The lab with its lock held and none of its machines frozen, and the run's id. Raises LockedError."""
    from labctl.steps.session import session

    with session(lab.workspace, command, make_reporter) as run:
        working = app.open_lab(lab.plan, lab.provider, lab.host, lab.workspace, run)
        working.provider.thaw(working.plan, working.runner)
        yield working, run.run_id


def check_reset(lab: Lab, snapshot: str, nodes: Sequence[str]) -> Snapshot:
    """The snapshot to which these nodes (all, if none is named) are to be reset. Raises LabctlError saying why not.

    Whether its data is there is looked at when it is needed.
    """
    for node in nodes:
        if lab.plan.node(node).role == "control-plane" and len(set(nodes)) < len(lab.plan.nodes):
            raise UsageError(
                f"{node} alone cannot be reset: it holds the state of the whole cluster",
                hint="labctl reset, for all nodes",
            )
    return fitting(lab, snapshot)


def reset(lab: Lab, snapshot: str, nodes: Sequence[str], keep: str | None, make_reporter: MakeReporter) -> CheckReport:
    """Make machines again from a snapshot that check_reset has found, and judge the lab. Raises LabctlError.

    keep: save what is there first, under that name.
    """
    from labctl.steps.recipes import reset as recipe

    with at_work(lab, "reset", make_reporter) as (working, run_id):
        if keep is not None:
            restorable(working, snapshot)
            save(working, keep, "save_snapshot")
        return walked(recipe(snapshot, tuple(nodes)), working, run_id)


def save_snapshot(lab: Lab, name: str, make_reporter: MakeReporter) -> Snapshot:
    """Save the lab as it is. Raises LabctlError."""
    with at_work(lab, "snapshot save", make_reporter) as (working, _):
        return save(working, name, "save_snapshot")


def list_snapshots(lab: Lab) -> list[Snapshot]:
    """The lab's snapshots, the oldest first. Raises ConfigError where one's file is damaged."""
    return snapshots(lab).all()


def show_snapshot(lab: Lab, name: str) -> tuple[Snapshot, str | None]:
    """A snapshot, and why it cannot be restored (None: it can). Raises UsageError where there is none."""
    found = snapshots(lab).get(name)
    try:
        restorable(lab, name)
    except LabctlError as error:
        return found, error.message
    return found, None


def delete_snapshot(lab: Lab, name: str, make_reporter: MakeReporter) -> Snapshot:
    """Delete a snapshot. Raises LabctlError."""
    with at_work(lab, "snapshot delete", make_reporter) as (working, _):
        return delete(working, name)


def halt(lab: Lab, make_reporter: MakeReporter) -> None:
    """Stop the lab's machines. Raises LabctlError."""
    from labctl.steps.recipes import HALT
    from labctl.steps.runner import walk

    with at_work(lab, "halt", make_reporter) as (working, run_id):
        walk(HALT, working, run_id)


def resume(lab: Lab, make_reporter: MakeReporter) -> CheckReport:
    """Start the lab's machines again and judge it. Raises LabctlError."""
    from labctl.steps.recipes import RESUME

    with at_work(lab, "resume", make_reporter) as (working, run_id):
        return walked(RESUME, working, run_id)


def walked(recipe: tuple[Step, ...], lab: Lab, run_id: str) -> CheckReport:
    """Walk a recipe that ends with a look, and judge by it. Raises LabctlError."""
    from labctl.steps.runner import walk

    walk(recipe, lab, run_id)
    return lab.claims()
