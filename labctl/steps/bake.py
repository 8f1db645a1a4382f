"""Step bake: the roles that are the same for every node are applied once, and what they make becomes the node image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labctl.adapters.ports import Playbooks
from labctl.errors import ToolError
from labctl.events import Note
from labctl.plan import LabPlan
from labctl.providers.interface import BAKING, Baking, Oven, Tools
from labctl.render import render_inventory
from labctl.steps.create_machines import copy_bundle
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
        if not lab.bakes:
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
        baking = baking_of(lab)
        first = not lab.workspace.has_plan
        if first:
            # By it `labctl destroy` finds the machine of a bake that was killed.
            lab.workspace.save_plan(lab.plan)
        try:
            return self._bake(lab, oven, baking)
        except ToolError as error:
            if oven.launcher is not None:
                raise
            # Vagrant can make the machines without: slower, and nothing that a learner must mend first.
            lab.reporter.emit(Note(f"no box was baked: {error.message}; each machine is provisioned by itself"))
            return 0
        finally:
            baking.shell.close()
            oven.discard(baking)
            if first:
                lab.workspace.forget_plan()

    def _bake(self, lab: Lab, oven: Oven, baking: Baking) -> int:
        lab.say(self.id, "starting a bare machine")
        write_whole(
            baking.folder / "ssh_config", oven.heat(baking, lab.provider.rendering(baking.alone, lab.host)), 0o600
        )
        inventory = render_inventory(baking.alone, str(baking.folder / "ssh_config"))
        write_whole(baking.folder / "inventory.yml", inventory)
        wait_for_ssh(baking.shell, BAKING, lambda text: lab.say(self.id, text, BAKING))
        if not lab.mounts_bundle:
            copy_bundle(lab, baking.shell, self.id, BAKING, lab.bundle.files_for(lab.plan.control_plane.role))
        changed = self._apply(lab, baking.playbooks)
        lab.say(self.id, "packing the node image")
        oven.pack(baking, lab.bake_mark())
        return changed

    def _apply(self, lab: Lab, playbooks: Playbooks) -> int:
        done = playbooks.run(
            BAKED_ROLES,
            extra_vars=role_variables(lab, BAKED_ROLES),
            on_event=lambda event: tell_task(lab, self.id, event),
        )
        return sum(done.changed.values())


def bake_folder(lab: Lab) -> Path:
    """Where a node image for the lab is made."""
    return lab.workspace.root / "bake"


def baking_of(lab: Lab) -> Baking:
    """What a node image for the lab is made with."""
    folder = bake_folder(lab)
    folder.mkdir(mode=0o700, exist_ok=True)
    shell, playbooks, machines = lab.elsewhere(folder)
    # As if it were the control plane, which gets all images.
    alone = replace(lab.plan, nodes=(replace(lab.plan.control_plane, name=BAKING),))
    return Baking(
        plan=lab.plan,
        alone=alone,
        lab=lab.workspace.root,
        folder=folder,
        host=lab.host,
        tools=Tools(lab.runner, machines),
        shell=shell,
        playbooks=playbooks,
        reporter=lab.reporter,
        tell=lambda line: lab.say(STEP.id, line.strip()),
    )


STEP = Bake()
