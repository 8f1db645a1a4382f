"""Step restore_machines: machines are made again as they were in a snapshot; the broken cluster is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labctl.plan import LabPlan
from labctl.steps.certificates import vouched
from labctl.steps.create_machines import equip, launch_of
from labctl.steps.files import render_lab_files, ssh_configuration
from labctl.steps.go_on import go_on
from labctl.steps.snapshots import check, restorable
from labctl.steps.step import Lab
from labctl.workspace.files import write_whole
from labctl.workspace.snapshots import READY


@dataclass(frozen=True)
class RestoreMachines:
    """snapshot: its name. nodes: which machines, all if empty."""

    snapshot: str = READY
    nodes: tuple[str, ...] = ()
    id: str = "restore_machines"
    title: str = "Make the machines again from the snapshot"

    def skip_reason(self, lab: Lab) -> str | None:
        """Whoever asks for it wants it."""
        return None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The command that does the same."""
        return (f"labctl snapshot restore {self.snapshot}",)

    def run(self, lab: Lab) -> int | None:
        """Restore. Raises LabctlError."""
        names = self.nodes or tuple(node.name for node in lab.plan.nodes)
        lab.provider.freeze(lab.plan, names, lab.runner)
        try:
            return self._run(lab, names)
        except BaseException:
            # Nothing may have been taken away yet.
            lab.provider.thaw(lab.plan, lab.runner)
            raise

    def _run(self, lab: Lab, names: Sequence[str]) -> int:
        found = restorable(lab, self.snapshot)
        with ThreadPoolExecutor(max_workers=1) as pool:
            # Before anything is taken away; it takes no longer than what is to be prepared meanwhile.
            looking = pool.submit(check, lab, found, names)
            lab.shell.close()
            lab.provider.prepare(lab.plan, lab.workspace.root, None, lab.runner, lab.reporter)
            render_lab_files(lab)
            told = looking.result()
        if told:
            lab.say(self.id, told)
        keeper = lab.provider.snapshots
        if not keeper.memory:
            lab.renewed(names)
        lab.say(self.id, f"making {', '.join(names)} again")
        keeper.restore(launch_of(lab, names), found.id, lab.tools)
        write_whole(lab.workspace.ssh_config, ssh_configuration(lab.machines.ssh_config()), 0o600)
        if keeper.memory:
            go_on(lab, self.id, names, restored=True)
        else:
            equip(lab, self.id, [lab.plan.node(name) for name in names])
            # Machines that have lived on are asked: of theirs nothing is noted.
            if len(set(names)) == len(lab.plan.nodes) and vouched(lab, found):
                lab.certificates_until = found.certificates_until
        return len(names)
