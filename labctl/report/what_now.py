"""The short text at the end of `up`: how to get into the lab and the tutorial's first command."""

from __future__ import annotations

from labctl.plan import LabPlan


def what_now(plan: LabPlan, kubeconfig: str) -> str:
    """A few lines for a terminal; kubeconfig is the path of the lab's kubeconfig on this computer."""
    master = plan.control_plane.name
    return f"""
Your lab is up. What now:
  labctl ssh {master:<21} then type what the tutorial types, first: kubectl get nodes
  labctl kubectl -- get pods -A    the same from here (or export KUBECONFIG={kubeconfig})
  labctl verify                    prove it again, claim by claim
  labctl destroy                   remove it without a trace"""
