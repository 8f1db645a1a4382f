"""Step weave_net: the pod network."""

from __future__ import annotations

from collections.abc import Sequence

from labctl.plan import LabPlan
from labctl.steps.role import RoleStep

_CLAIMS = ("weave-net.pods", "weave-net.placement", "weave-net.daemonset", "weave-net.image")


def _typed(plan: LabPlan) -> Sequence[str]:
    return ("kubectl apply -f weave-net.yaml",)


STEP = RoleStep(
    id="weave_net",
    title="weave-net, the pod network",
    claims=_CLAIMS,
    typed=_typed,
    masters_only=True,
    # The manifest is applied as soon as the API answers, before kubeadm init has ended.
    beside=("control_plane",),
)
