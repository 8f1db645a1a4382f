"""Step control_plane: `kubeadm init` on the master, and this computer's kubeconfig for the lab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.errors import ToolError
from labctl.plan import LabPlan
from labctl.steps.files import api_port
from labctl.steps.role import RoleStep
from labctl.steps.step import Lab
from labctl.workspace.files import write_whole

_CLAIMS = (
    "nodes.roles",
    "control-plane.endpoint",
    "control-plane.etcd",
    "control-plane.kube-apiserver",
    "control-plane.kube-controller-manager",
    "control-plane.kube-scheduler",
    "kube-proxy.daemonset",
    "coredns.deployment",
    "coredns.service",
    "kubectl.non-root",
)


def _typed(plan: LabPlan) -> Sequence[str]:
    return (
        "sudo kubeadm init --config kubeadm.yml",
        "mkdir -p ~/.kube && sudo install -o $USER -m 600 /etc/kubernetes/admin.conf ~/.kube/config",
    )


@dataclass(frozen=True)
class ControlPlane(RoleStep):
    """The role, then the lab's kubeconfig on this computer."""

    def skip_reason(self, lab: Lab) -> str | None:
        """As every role; without a kubeconfig on this computer there is something to do, too."""
        return super().skip_reason(lab) if lab.workspace.kubeconfig.is_file() else None

    def applied(self, lab: Lab) -> None:
        """Fetch the kubeconfig (0600). Raises ToolError."""
        fetch_kubeconfig(lab)


def fetch_kubeconfig(lab: Lab) -> None:
    """Write the administrator's kubeconfig for use on this computer. Raises ToolError."""
    master = lab.plan.control_plane.name
    # Not in the message of an error: the file holds a key.
    done = lab.shell.run(master, "cat /etc/kubernetes/admin.conf", check=False)
    if done.returncode != 0:
        raise ToolError(f"{master} has no /etc/kubernetes/admin.conf", hint="labctl up --from control_plane")
    text = done.stdout
    if lab.provider.capabilities.loopback_api:
        # Node addresses need not be routed from here (Docker Desktop): the certificate covers 127.0.0.1 as well.
        text = text.replace(f"server: {lab.plan.api_endpoint}", f"server: https://127.0.0.1:{api_port(lab.workspace)}")
    write_whole(lab.workspace.kubeconfig, text, 0o600)


STEP = ControlPlane(
    id="control_plane", title="kubeadm init on the master", claims=_CLAIMS, typed=_typed, masters_only=True
)
