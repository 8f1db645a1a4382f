"""Snapshots of virtual machines: the hypervisor's own of disk and memory, by Vagrant, under labctl's ids.

The machines are suspended and saved one after another and go on only when all are saved. One that is suspended sends
nothing more: no saved machine knows of anything that another did after it was saved. So they belong together as if all
had been saved at once, with what was on its way between them lost, which every protocol there makes good.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from labctl.adapters.ports import RUNNING, Machines
from labctl.errors import ToolError
from labctl.plan import LabPlan
from labctl.providers.interface import Checked, Launch, Saved, Tools

# Snapshots of other names are the user's own.
_OURS = "labctl-"


class MachineSnapshots:
    """Fulfils interface.SnapshotStore."""

    memory = True

    def save(self, plan: LabPlan, identity: str, tools: Tools) -> Saved:
        """Suspend, save, go on. Raises ToolError; the machines go on in any case."""
        names = [node.name for node in plan.nodes]
        asleep = [f"{name} is {state}" for name, state in _asleep(names, tools.machines).items()]
        if asleep:
            raise ToolError(f"not all machines run: {', '.join(asleep)}", hint="labctl up")
        try:
            tools.machines.suspend(names)
            tools.machines.save_snapshot(_OURS + identity)
        except BaseException:
            # What went wrong first is to be told; `labctl up` lets them go on, too.
            with contextlib.suppress(ToolError):
                tools.machines.up(names, provider=plan.provider)
            raise
        tools.machines.up(names, provider=plan.provider)
        return Saved()

    def check(self, plan: LabPlan, identity: str, checksum: str, nodes: Sequence[str], tools: Tools) -> Checked:  # noqa: ARG002
        """Nothing is known to be wrong: it lies in the machine's disk, and only the hypervisor reads it."""
        return Checked()

    def restore(self, launch: Launch, identity: str, tools: Tools) -> None:
        """Suspend, put back, go on: none goes on before all are as they were."""
        plan, names, machines = launch.plan, list(launch.ssh_ports), tools.machines
        asleep = _asleep(names, machines)
        if asleep:
            # For their networks and their lease of an address, in which a restored machine believes. One that is too
            # broken to come up has both nevertheless, and is about to be put back.
            with contextlib.suppress(ToolError):
                machines.up(list(asleep), provider=plan.provider)
        machines.suspend(names)
        machines.restore_snapshot(names, _OURS + identity)
        machines.up(names, provider=plan.provider)

    def holds(self, plan: LabPlan, identity: str, tools: Tools) -> bool:
        """Whether all machines have it: it goes with the machine."""
        found = tools.machines.snapshots()
        return all(_OURS + identity in found.get(node.name, ()) for node in plan.nodes)

    def keep_only(self, plan: LabPlan, identities: Sequence[str], tools: Tools) -> None:
        """Remove labctl's other snapshots of these machines."""
        found = tools.machines.snapshots()
        kept = {_OURS + identity for identity in identities}
        named = {snapshot for snapshots in found.values() for snapshot in snapshots if snapshot.startswith(_OURS)}
        stale, failed = sorted(named - kept), []
        for snapshot in stale:
            try:
                tools.machines.delete_snapshot([name for name in found if snapshot in found[name]], snapshot)
            except ToolError as error:
                failed.append(error)
        if not failed:
            return
        if len(failed) == len(stale):
            raise failed[0]
        # VirtualBox removes none on which two others lie; one of those may have gone now.
        self.keep_only(plan, identities, tools)


def _asleep(names: Sequence[str], machines: Machines) -> dict[str, str]:
    """What does not run, and what it is instead."""
    states = machines.status()
    return {name: states.get(name, "unknown") for name in names if states.get(name) != RUNNING}
