"""Steps that apply a role each: done when their claims hold and every node carries the role's fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labctl.adapters.ports import TaskEvent
from labctl.plan import LabPlan
from labctl.providers.interface import BUNDLE_ON_NODE
from labctl.steps.files import ensure_lab_files
from labctl.steps.step import BAKED_ROLES, Lab

if TYPE_CHECKING:
    from labctl.checks.model import CheckResult


@dataclass(frozen=True)
class RoleStep:
    """Runs playbooks/<id>.yml. claims: ids of the claims that prove it.

    masters_only, workers_only: whose nodes it concerns. beside: ids of steps before it in a recipe that may still be at
    work when it begins, for the role itself awaits what it needs of them.
    """

    id: str
    title: str
    claims: tuple[str, ...]
    typed: Callable[[LabPlan], Sequence[str]]
    masters_only: bool = False
    workers_only: bool = False
    beside: tuple[str, ...] = ()

    def skip_reason(self, lab: Lab) -> str | None:
        """Asks the last look at the lab; the journal has no say."""
        if self.workers_only and not lab.plan.workers:
            return "the lab has no workers"
        concerned = {node.name for node in self._nodes(lab.plan)}
        if concerned & set(lab.unmarked(self.id, lab.fingerprint(self.id))):
            return None
        if any(self._is_mine(lab, result) for result in lab.claims().failing(self.claims)):
            return None
        return "its claims hold and the nodes carry its mark" if self.claims else "the nodes carry its mark"

    def _is_mine(self, lab: Lab, result: CheckResult) -> bool:
        """Whether a claim that fails is for this step to mend."""
        return True

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The commands that a learner would type instead of this role."""
        return self.typed(plan)

    def run(self, lab: Lab) -> int | None:
        """Apply the role alone. Raises ToolError naming the failing task and host."""
        changes: list[int] = []
        ensure_lab_files(lab)
        apply_roles([self], lab, lab.joined(), started=lambda _: None, finished=lambda _, count: changes.append(count))
        return sum(changes)

    def applied(self, lab: Lab) -> None:
        """What is to be done on this computer after the role. Raises ToolError."""

    def _nodes(self, plan: LabPlan) -> Sequence[Any]:
        if self.masters_only:
            return (plan.control_plane,)
        return plan.workers if self.workers_only else plan.nodes


def apply_roles(
    steps: Sequence[RoleStep],
    lab: Lab,
    members: frozenset[str],
    *,
    started: Callable[[RoleStep], None],
    finished: Callable[[RoleStep, int], None],
    called_off: Callable[[], bool] = lambda: False,
) -> None:
    """Apply the steps' roles in order by one Ansible, whose start takes seconds. The lab's files are rendered.

    members: the nodes that are in the cluster already. finished also gets the number of changes. When called_off says
    so, Ansible ends. Raises ToolError naming the failing task and host; steps that were finished before it are.
    """
    waiting = list(steps)
    started(waiting[0])

    def tell(event: TaskEvent) -> None:
        step = waiting[0]
        if event.outcome == "ended":
            step.applied(lab)
            finished(waiting.pop(0), event.changes)
            if waiting:
                started(waiting[0])
        elif event.outcome == "waiting":
            lab.say(step.id, f"{event.task}: {event.message}", event.host)
        else:
            tell_task(lab, step.id, event)
            lab.shaken |= event.outcome == "changed" and step.id in BAKED_ROLES and event.host in members

    variables = role_variables(lab, [step.id for step in steps])
    lab.playbooks.run([step.id for step in steps], extra_vars=variables, on_event=tell, called_off=called_off)


def tell_task(lab: Lab, step: str, event: TaskEvent) -> None:
    """Tell the user which task a node is at."""
    if event.outcome in ("started", "changed"):
        lab.say(step, event.task, event.host)


def role_variables(lab: Lab, roles: Sequence[str]) -> dict[str, Any]:
    """The extra vars of the playbooks of these roles."""
    plan = lab.plan.to_json()
    manifest = lab.bundle.manifest.to_json()
    kept = ("versions", "image_repository", "image_tags", "images", "packages")
    return {
        "labctl_fingerprints": {role: lab.fingerprint(role) for role in roles},
        "labctl_bundle": BUNDLE_ON_NODE,
        "labctl_manifest": {key: manifest[key] for key in kept},
        "labctl_kubeadm_config": str(lab.workspace.kubeadm_config),
        "labctl_weave_net_manifest": str(lab.workspace.weave_net_manifest),
        "labctl_plan": {
            "name": plan["name"],
            "fast": plan["fast"],
            "nodes": plan["nodes"],
            "network": {**plan["network"], "dns_ip": lab.plan.network.dns_ip},
        },
        "labctl_node_environment": lab.provider.node_environment(lab.host).as_vars(),
    }
