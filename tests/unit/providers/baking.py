"""A node image in the making, on fakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.events import SilentReporter
from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import BAKING, Baking, Tools
from labctl.providers.registry import provider_named
from labctl.render import VagrantRendering
from tests.fakes import FakeMachines, FakePlaybooks, FakeShell, World


def baking(plan: LabPlan, lab: Path, runner: ProcessRunner, world: World | None = None) -> Baking:
    """For the lab in that folder; Vagrant and SSH of the bare machine are the world's."""
    world, host = world or World(), Host(vagrant=True)
    alone = replace(plan, nodes=(replace(plan.control_plane, name=BAKING),))
    tools, shell, playbooks = Tools(runner, FakeMachines(world)), FakeShell(world), FakePlaybooks(world)
    (lab / "bake").mkdir(exist_ok=True)
    return Baking(
        plan, alone, lab, lab / "bake", host, tools, shell, playbooks, SilentReporter(), tell=lambda _line: None
    )


def rendering(baking: Baking) -> VagrantRendering:
    """Of the bare machine, by the lab's provider."""
    return provider_named(baking.plan.provider).rendering(baking.alone, baking.host)
