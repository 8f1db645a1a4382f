"""Step docker: Docker as the container runtime of every node."""

from __future__ import annotations

from collections.abc import Sequence

from labctl.plan import LabPlan
from labctl.steps.role import RoleStep

_CLAIMS = ("docker.service", "docker.command-line", "docker.version", "docker.storage-driver", "docker.bridge")


def _typed(plan: LabPlan) -> Sequence[str]:
    return (
        "sudo apt-get install --no-install-recommends docker.io",
        """echo '{"exec-opts": ["native.cgroupdriver=systemd"]}' | sudo tee /etc/docker/daemon.json""",
        "sudo systemctl enable --now docker",
    )


STEP = RoleStep(id="docker", title="Docker on every node", claims=_CLAIMS, typed=_typed)
