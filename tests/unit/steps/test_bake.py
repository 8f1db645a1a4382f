"""Step bake: what it leaves, done, failed or killed. What an oven does is its own tests' matter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.events import Note
from labctl.providers.interface import BAKING, Baking
from labctl.render import VagrantRendering
from labctl.steps import destroy_machines
from labctl.steps.bake import STEP
from tests.unit.steps.conftest import Bench


@dataclass
class FakeOven:
    """interface.Oven without a hypervisor, on the bench's world."""

    bench: Bench
    launcher: Any = None
    fails: ToolError | None = None
    packed: list[str] = field(default_factory=list)
    plan_kept: bool = False

    def holds(self, *_: object) -> bool:
        return bool(self.packed)

    def image(self, _: object, mark: str) -> str:
        return f"image-{mark}"

    def heat(self, baking: Baking, _: VagrantRendering) -> str:
        self.plan_kept = self.bench.lab.workspace.plan() == baking.plan
        self.bench.world.running.add(BAKING)
        return f"Host {BAKING}\n"

    def pack(self, _: Baking, mark: str) -> str:
        if self.fails is not None:
            raise self.fails
        self.packed.append(mark)
        return mark

    def discard(self, _: Baking) -> None:
        self.bench.world.running.discard(BAKING)


@pytest.fixture
def oven(bench: Bench) -> FakeOven:
    oven = FakeOven(bench)
    bench.lab.provider.oven = oven  # type: ignore[misc]
    return oven


def test_a_baked_image_is_not_baked_again(bench: Bench, oven: FakeOven) -> None:
    assert STEP.skip_reason(bench.lab) is None
    STEP.run(bench.lab)
    assert oven.packed == [bench.lab.bake_mark()]
    assert bench.world.running == set()
    assert "is there" in str(STEP.skip_reason(bench.lab))


def test_the_bare_machine_gets_the_bundle_that_it_does_not_see(bench: Bench, oven: FakeOven) -> None:
    STEP.run(bench.lab)
    assert {node for node, _ in bench.shell.pushed} == {BAKING}
    assert oven.packed


def test_a_bake_that_is_killed_can_be_destroyed(bench: Bench, oven: FakeOven) -> None:
    """`labctl destroy` needs a plan while the bare machine is there, and only then."""
    STEP.run(bench.lab)
    assert oven.plan_kept
    assert not bench.lab.workspace.has_plan


def test_the_plan_of_a_lab_that_is_there_stays(bench: Bench, oven: FakeOven) -> None:
    bench.lab.workspace.save_plan(bench.lab.plan)
    STEP.run(bench.lab)
    assert bench.lab.workspace.plan() == bench.lab.plan
    assert oven.packed


def test_machines_that_vagrant_starts_can_do_without(bench: Bench, oven: FakeOven) -> None:
    oven.fails = ToolError("no room for the box", command=["vagrant", "package"])
    assert STEP.run(bench.lab) == 0
    assert [event.text for event in bench.told.events if isinstance(event, Note)] == [
        "no box was baked: no room for the box; each machine is provisioned by itself"
    ]
    assert bench.world.running == set()


def test_machines_that_only_a_node_image_makes_cannot(bench: Bench, oven: FakeOven) -> None:
    oven.launcher, oven.fails = object(), ToolError("no room for the image", command=["docker", "commit"])
    with pytest.raises(ToolError, match="no room"):
        STEP.run(bench.lab)
    assert bench.world.running == set()
    assert not bench.lab.workspace.has_plan


def test_a_machine_that_cannot_check_the_bundle_is_told(bench: Bench, oven: FakeOven) -> None:
    """A full disk, or no sha256sum: no file is named, and none was found whole."""
    answer = bench.shell.run

    def failing(node: str, command: str, **options: Any) -> Completed:
        done = answer(node, command, **options)
        return replace(done, returncode=1, stderr="No space left on device") if "sha256sum" in command else done

    bench.shell.run = failing  # type: ignore[method-assign]
    oven.launcher = object()
    with pytest.raises(ToolError, match="is not what was sent"):
        STEP.run(bench.lab)
    assert oven.packed == []


def test_to_destroy_a_bake_no_bundle_is_needed(bench: Bench, oven: FakeOven) -> None:
    """The docker provider reads it for a rendering."""

    def unreadable(*_: object, **__: object) -> VagrantRendering:
        raise ToolError("the bundle cannot be read")

    bench.lab.provider.rendering = unreadable  # type: ignore[method-assign]
    (bench.lab.workspace.root / "bake").mkdir()
    bench.world.running.add(BAKING)
    destroy_machines.STEP.run(bench.lab)
    assert bench.world.running == set()
