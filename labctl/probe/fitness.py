"""Which nodes can run a probe pod at all, by the look that came before: for the others nobody has to wait.

Pure; whether a claim holds is not judged here.
"""

from __future__ import annotations

from collections.abc import Mapping

from labctl.facts import Facts, NotObserved, NotObservedError
from labctl.plan import LabPlan

_SERVICES = ("docker.service", "kubelet.service")


def unfit_nodes(plan: LabPlan, facts: Facts) -> Mapping[str, str]:
    """Node name -> why it runs no probe pod."""
    try:
        ready = {node.name: node.ready for node in facts.nodes()}
    except NotObservedError as error:
        return {node.name: error.reason for node in plan.nodes}
    found = {}
    for node in plan.nodes:
        status, message = ready.get(node.name, ("", "it is not in the cluster"))
        stopped = _stopped(facts, node.name)
        if stopped or status != "True":
            found[node.name] = f"no probe pod can run on {node.name}: {stopped or message}"
    return found


def _stopped(facts: Facts, node: str) -> str:
    """The API says Ready of a node whose kubelet has just stopped: its machine knows better."""
    for unit in _SERVICES:
        show = facts.machine(node).units[unit].show
        if not isinstance(show, NotObserved) and show.get("ActiveState") != "active":
            return f"{unit} is {show.get('ActiveState')}"
    return ""
