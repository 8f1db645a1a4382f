"""Step kube_packages: kubeadm, kubelet, kubectl, CNI plugins and the images of the cluster on every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labctl.plan import LabPlan
from labctl.providers.interface import BUNDLE_ON_NODE
from labctl.steps.role import RoleStep
from labctl.steps.step import Lab

if TYPE_CHECKING:
    from labctl.checks.model import CheckResult

_PROGRAMS = ("kubeadm", "kubelet", "kubectl")


def _typed(plan: LabPlan) -> Sequence[str]:
    return (
        "sudo apt-get install conntrack socat ebtables ethtool",
        f"sudo install -t /usr/bin {' '.join(f'{BUNDLE_ON_NODE}/bin/{name}' for name in _PROGRAMS)}",
        f"sudo cp {BUNDLE_ON_NODE}/cni/bin/* /opt/cni/bin/",
        "sudo systemctl enable --now kubelet",
        f"for archive in {BUNDLE_ON_NODE}/images/*.tar; do sudo docker load --input $archive; done",
    )


@dataclass(frozen=True)
class KubePackages(RoleStep):
    """The role; kubelet runs once kubeadm has given it a configuration."""

    def _is_mine(self, lab: Lab, result: CheckResult) -> bool:
        """Before kubeadm has been on the node, a kubelet that does not run says nothing of this role."""
        return result.scope in lab.joined()


STEP = KubePackages(
    id="kube_packages",
    title="kubeadm, kubelet, kubectl and images on every node",
    claims=("kubelet.service", "kubelet.command-line"),
    typed=_typed,
)
