"""Step halt_machines: the lab's machines stop; what is on them stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.adapters.ports import RUNNING
from labctl.plan import LabPlan
from labctl.steps.step import Lab

# A save that was cut leaves machines paused: they have their memory still.
_AWAKE = frozenset({RUNNING, "paused"})


@dataclass(frozen=True)
class HaltMachines:
    """Stops what runs."""

    id: str = "halt_machines"
    title: str = "Stop the machines"

    def skip_reason(self, lab: Lab) -> str | None:
        """Asks the provider, or Vagrant."""
        return None if _AWAKE & set(lab.machines.status().values()) else "no machine runs"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """Vagrant's command."""
        return ("vagrant halt",)

    def run(self, lab: Lab) -> int | None:
        """Stop. Raises ToolError."""
        lab.shell.close()
        if not lab.provider.halt(lab.plan, lab.runner):
            lab.say(self.id, "vagrant halt")
            lab.machines.halt()
        lab.changed()
        return len(lab.plan.nodes)


STEP = HaltMachines()
