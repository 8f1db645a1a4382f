"""Step base: what every machine of the lab needs before anything is installed on it."""

from __future__ import annotations

from collections.abc import Sequence

from labctl.plan import LabPlan
from labctl.steps.role import RoleStep


def _typed(plan: LabPlan) -> Sequence[str]:
    hosts = [f"echo '{node.ip} {node.name}' | sudo tee -a /etc/hosts" for node in plan.nodes]
    return (
        *hosts,
        "sudo swapoff -a",
        "sudo update-alternatives --set iptables /usr/sbin/iptables-legacy",
        "sudo modprobe br_netfilter",
        "sudo sysctl -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1",
    )


STEP = RoleStep(id="base", title="Host names, swap, kernel settings", claims=(), typed=_typed)
