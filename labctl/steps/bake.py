"""Step bake: the roles that are the same for every node are applied once, and what they make becomes the node image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labctl.plan import LabPlan
from labctl.providers.interface import BAKING
from labctl.render import render_inventory
from labctl.steps.reach import wait_for_ssh
from labctl.steps.role import role_variables, tell_task
from labctl.steps.step import BAKED_ROLES, Lab
from labctl.workspace.files import write_whole


@dataclass(frozen=True)
class Bake:
    """Starts one bare machine, applies the roles, and packs it."""

    id: str = "bake"
    title: str = "Bake the node image: Docker, Kubernetes and its images, once for all nodes"

    def skip_reason(self, lab: Lab) -> str | None:
        """Machines that are there need no image; neither do those that are to be provisioned one by one."""
        if lab.provider.oven is None:
            return f"machines of {lab.provider.name} are provisioned one by one"
        if not lab.mounts_bundle:
            return "the bundle is to be copied to each machine, and the roles applied there"
        image = lab.node_image()
        if image is not None:
            return f"the node image {image} is there"
        if lab.all_there():
            return "all machines are there"
        return None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """What one would do by hand."""
        return ("labctl up --until bake",)

    def run(self, lab: Lab) -> int | None:
        """Bake. Raises ToolError; what was begun is removed."""
        oven = lab.provider.oven
        assert oven is not None  # noqa: S101 - skip_reason says so
        folder = lab.workspace.root / "bake"
        folder.mkdir(mode=0o700, exist_ok=True)
        bundle = Path(lab.plan.bundle.path)
        lab.say(self.id, "starting a bare machine")
        try:
            ssh = oven.heat(lab.plan, lab.workspace.root, bundle, lab.host, lab.runner, lab.reporter)
            write_whole(folder / "ssh_config", ssh, 0o600)
            write_whole(folder / "inventory.yml", render_inventory(_alone(lab.plan), str(folder / "ssh_config")))
            changed = self._apply(lab, folder)
            lab.say(self.id, "packing the node image")
            oven.pack(lab.plan, lab.bake_mark(), lab.runner)
        finally:
            oven.discard(lab.plan, lab.runner)
        return changed

    def _apply(self, lab: Lab, folder: Path) -> int:
        shell, playbooks = lab.elsewhere(folder)
        try:
            wait_for_ssh(shell, BAKING, lambda text: lab.say(self.id, text, BAKING))
            variables = role_variables(lab, BAKED_ROLES)
            done = playbooks.run(
                BAKED_ROLES, extra_vars=variables, on_event=lambda event: tell_task(lab, self.id, event)
            )
        finally:
            shell.close()
        return sum(done.changed.values())


def _alone(plan: LabPlan) -> LabPlan:
    """The lab as if it were that one machine: a control plane, which gets all images."""
    return replace(plan, nodes=(replace(plan.control_plane, name=BAKING),))


STEP = Bake()
