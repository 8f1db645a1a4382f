"""Saving, finding and forgetting snapshots of a lab: what is noted here, what the provider keeps, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from labctl.errors import ConfigError, ToolError
from labctl.providers.interface import Checked
from labctl.steps.certificate_dates import good_until
from labctl.steps.go_on import go_on
from labctl.steps.step import Lab
from labctl.wording import few
from labctl.workspace.snapshots import Snapshot, Snapshots


def snapshots(lab: Lab) -> Snapshots:
    """The lab's snapshots."""
    return Snapshots(lab.workspace.root / "snapshots")


def save(lab: Lab, name: str, step: str) -> Snapshot:
    """Save the lab as it is under that name, in place of an older one. Raises LabctlError; the older one then stays."""
    kept, keeper = snapshots(lab), lab.provider.snapshots
    kept.check_name(name)
    # What a save that was cut has left would only take room.
    clean(lab)
    identity = kept.new_id()
    # Machines that are put back with their memory are asked afterwards in any case: their clocks stood still.
    until = None if keeper.memory else good_until(lab.certificates())
    lab.say(step, f"freezing {len(lab.plan.nodes)} nodes for a moment")
    if keeper.memory:
        # The machines stand still for longer than a connection outlasts.
        lab.shell.close()
    nodes = [node.name for node in lab.plan.nodes]
    saved = keeper.save(lab.plan, identity, lab.tools)
    if keeper.memory:
        go_on(lab, step, nodes, restored=False)
    snapshot = Snapshot(
        name=name,
        id=identity,
        plan=lab.plan.fingerprint(),
        release=lab.plan.release,
        kubernetes=lab.plan.versions.kubernetes,
        nodes=tuple(nodes),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        size=saved.size,
        checksum=saved.checksum,
        certificates_until=until,
    )
    kept.put(snapshot)
    clean(lab)
    return snapshot


def clean(lab: Lab) -> None:
    """Remove data that no snapshot names. Raises LabctlError."""
    lab.provider.snapshots.keep_only(lab.plan, [snapshot.id for snapshot in snapshots(lab).all()], lab.tools)


def delete(lab: Lab, name: str) -> Snapshot:
    """Forget a snapshot, then remove its data. Raises LabctlError."""
    snapshot = snapshots(lab).get(name)
    snapshots(lab).forget(snapshot)
    clean(lab)
    return snapshot


def usable(lab: Lab, name: str) -> bool:
    """Whether that snapshot is there, whole, and of this very plan. Raises ConfigError where its file is damaged."""
    found = snapshots(lab).find(name)
    return (
        found is not None
        and found.plan == lab.plan.fingerprint()
        and lab.provider.snapshots.holds(lab.plan, found.id, lab.tools)
    )


def check(lab: Lab, snapshot: Snapshot, nodes: Sequence[str]) -> str | None:
    """Look whether what was saved of these nodes is what it was. Returns what was mended (None: nothing was wrong).

    Raises ToolError where something is lost.
    """
    found = lab.provider.snapshots.check(lab.plan, snapshot.id, snapshot.checksum, nodes, lab.tools)
    if found.lost:
        raise ToolError(
            f"the snapshot {snapshot.name} is damaged: {few(found.lost)}",
            hint=f"nothing was changed; labctl snapshot delete {snapshot.name}, then another one, "
            "or labctl destroy and labctl up",
        )
    return mended(found)


def mended(found: Checked) -> str | None:
    """What to tell of files that were mended; None for nothing."""
    if not found.mended:
        return None
    return f"restored from the bundle what had been written to in place, for all nodes at once: {few(found.mended)}"


def fitting(lab: Lab, name: str) -> Snapshot:
    """The snapshot of that name, by what is noted of it. Raises LabctlError where there is none, or for its plan."""
    found = snapshots(lab).get(name)
    if found.plan != lab.plan.fingerprint():
        raise ConfigError(
            f"the snapshot {name} of {found.created} was made of another plan of this lab "
            f"(Kubernetes {found.kubernetes}; nodes {', '.join(found.nodes)})",
            hint=f"delete it (labctl snapshot delete {name}); `labctl up` brings the lab up by its plan",
        )
    return found


def restorable(lab: Lab, name: str) -> Snapshot:
    """The snapshot of that name; fitting, with its data and the lab's bundle there. Raises LabctlError."""
    found = fitting(lab, name)
    if not lab.provider.snapshots.holds(lab.plan, found.id, lab.tools):
        raise ToolError(
            f"the data of the snapshot {name} is not there any more",
            hint=f"labctl snapshot delete {name}; labctl up makes machines that are missing, "
            "labctl destroy before it all of them",
        )
    _ = lab.bundle  # without it no machine can be made: that must show before one is taken away
    return found
