"""A step that applies one role: done when its claims hold and every node carries the role's fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.adapters.ports import TaskEvent
from labctl.plan import LabPlan
from labctl.providers.interface import BUNDLE_ON_NODE
from labctl.steps.files import render_lab_files
from labctl.steps.step import Lab


@dataclass(frozen=True)
class RoleStep:
    """Runs playbooks/<id>.yml. claims: ids of the claims that prove it; group: whose nodes it concerns."""

    id: str
    title: str
    claims: tuple[str, ...]
    typed: Callable[[LabPlan], Sequence[str]]
    masters_only: bool = False
    workers_only: bool = False

    def skip_reason(self, lab: Lab) -> str | None:
        """Asks the last look at the lab; the journal has no say."""
        if self.workers_only and not lab.plan.workers:
            return "the lab has no workers"
        concerned = {node.name for node in self._nodes(lab.plan)}
        if concerned & set(lab.unmarked(self.id, lab.fingerprint(self.id))):
            return None
        if lab.claims().failing(self.claims):
            return None
        return "its claims hold and the nodes carry its mark" if self.claims else "the nodes carry its mark"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The commands that a learner would type instead of this role."""
        return self.typed(plan)

    def run(self, lab: Lab) -> int | None:
        """Apply the role. Raises ToolError naming the failing task and host."""

        def tell(event: TaskEvent) -> None:
            if event.outcome == "waiting":
                lab.say(self.id, f"{event.task}: {event.message}", event.host)
            elif event.outcome in ("started", "changed"):
                lab.say(self.id, event.task, event.host)

        # A newer labctl may render them otherwise than the run that made the machines.
        render_lab_files(lab)
        result = lab.playbooks.run(self.id, extra_vars=self._variables(lab), on_event=tell)
        return sum(result.changed.values())

    def _nodes(self, plan: LabPlan) -> Sequence[Any]:
        if self.masters_only:
            return (plan.control_plane,)
        return plan.workers if self.workers_only else plan.nodes

    def _variables(self, lab: Lab) -> dict[str, Any]:
        plan = lab.plan.to_json()
        manifest = lab.bundle.manifest.to_json()
        kept = ("versions", "image_repository", "image_tags", "images", "packages")
        return {
            "labctl_fingerprint": lab.fingerprint(self.id),
            "labctl_bundle": BUNDLE_ON_NODE,
            "labctl_manifest": {key: manifest[key] for key in kept},
            "labctl_kubeadm_config": str(lab.workspace.kubeadm_config),
            "labctl_weave_net_manifest": str(lab.workspace.weave_net_manifest),
            "labctl_plan": {
                "name": plan["name"],
                "nodes": plan["nodes"],
                "network": {**plan["network"], "dns_ip": lab.plan.network.dns_ip},
            },
            "labctl_node_environment": lab.provider.node_environment(lab.host).as_vars(),
        }
