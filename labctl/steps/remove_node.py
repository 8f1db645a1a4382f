"""Step remove_node: a worker is drained, leaves the cluster, and its machine goes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.plan import LabPlan
from labctl.steps.step import Lab

_KUBECTL = "kubectl --kubeconfig=/etc/kubernetes/admin.conf"
_DRAIN = "--ignore-daemonsets --delete-emptydir-data --force --timeout=60s"
_SECONDS = 90.0


@dataclass(frozen=True)
class RemoveNode:
    """node: its name. The plan no longer has it."""

    node: str
    id: str = "remove_node"
    title: str = "Drain the node and remove it"

    def skip_reason(self, lab: Lab) -> str | None:
        """Whoever asks for it wants it; what is gone already is no error."""
        return None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """What a learner would type."""
        return (f"kubectl drain {self.node} {_DRAIN}", f"kubectl delete node {self.node}")

    def run(self, lab: Lab) -> int | None:
        """Remove. Raises ToolError; a node that cannot be drained (it is dead) leaves nevertheless."""
        master, name = lab.plan.control_plane.name, shlex.quote(self.node)
        lab.say(self.id, f"draining {self.node}")
        there = lab.shell.run(master, f"{_KUBECTL} get node {name} --ignore-not-found --output name").stdout.strip()
        if there:
            drained = lab.shell.run(master, f"{_KUBECTL} drain {name} {_DRAIN}", timeout=_SECONDS, check=False)
            if drained.returncode != 0:
                lab.say(self.id, f"it could not be drained: {(drained.output.splitlines() or ['no reason given'])[-1]}")
            lab.shell.run(master, f"{_KUBECTL} delete node {name} --ignore-not-found", timeout=_SECONDS)
        lab.say(self.id, f"removing the machine {self.node}")
        if not lab.provider.remove(lab.plan, lab.workspace.root, self.node, lab.runner):
            lab.machines.remove(self.node)
        lab.changed()
        return 1
