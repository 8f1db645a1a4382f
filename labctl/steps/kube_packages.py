"""Step kube_packages: kubeadm, kubelet, kubectl, CNI plugins and the images of the cluster on every node."""

from __future__ import annotations

from collections.abc import Sequence

from labctl.plan import LabPlan
from labctl.steps.role import RoleStep
from labctl.steps.step import ON_NODES


def _typed(plan: LabPlan) -> Sequence[str]:
    return (
        "sudo apt-get install conntrack socat ebtables ethtool",
        f"sudo install {ON_NODES}/bin/kubeadm {ON_NODES}/bin/kubelet {ON_NODES}/bin/kubectl /usr/bin/",
        f"sudo cp {ON_NODES}/cni/bin/* /opt/cni/bin/",
        "sudo systemctl enable --now kubelet",
        f"for archive in {ON_NODES}/images/*.tar; do sudo docker load --input $archive; done",
    )


STEP = RoleStep(
    id="kube_packages",
    title="kubeadm, kubelet, kubectl and images on every node",
    claims=("kubelet.service", "kubelet.command-line"),
    typed=_typed,
)
