"""Step destroy_machines: the lab's machines, volumes, networks and image tags go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.plan import LabPlan
from labctl.steps.bake import bake_folder, baking_of
from labctl.steps.step import Lab


@dataclass(frozen=True)
class DestroyMachines:
    """Lets Vagrant destroy its machines, then removes what Vagrant leaves. Touches nothing that is not this lab's."""

    id: str = "destroy_machines"
    title: str = "Destroy the machines"

    def skip_reason(self, lab: Lab) -> str | None:
        """There is always something to look for: a machine may be there that no file here knows of."""
        return None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """Vagrant's command."""
        return ("vagrant destroy --force",)

    def run(self, lab: Lab) -> int | None:
        """Destroy. Raises ToolError."""
        lab.shell.close()
        if lab.workspace.vagrantfile.is_file():
            lab.say(self.id, "vagrant destroy")
            lab.machines.destroy()
        if lab.provider.oven is not None and bake_folder(lab).is_dir():
            lab.provider.oven.discard(baking_of(lab))
        removed = lab.provider.cleanup(lab.plan, lab.runner, lab.reporter)
        for what in removed:
            lab.say(self.id, what)
        lab.changed()
        return len(removed)


STEP = DestroyMachines()
