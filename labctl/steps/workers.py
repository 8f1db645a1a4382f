"""Step workers: `kubeadm join` on every worker."""

from __future__ import annotations

from collections.abc import Sequence

from labctl.plan import LabPlan
from labctl.steps.role import RoleStep


def _typed(plan: LabPlan) -> Sequence[str]:
    master = plan.control_plane
    join = f"sudo kubeadm join {master.ip}:6443 --token <token> --discovery-token-ca-cert-hash sha256:<hash>"
    return (
        f"{master.name}$ sudo kubeadm token create --print-join-command",
        *(f"{node.name}$ {join}" for node in plan.workers),
    )


STEP = RoleStep(
    id="workers",
    title="kubeadm join on the workers",
    claims=("nodes.members", "nodes.version"),
    typed=_typed,
    workers_only=True,
    # Workers join as soon as cluster-info is signed for their token, before kubeadm init has ended.
    beside=("control_plane", "weave_net"),
)
