"""Node images of virtual machines: what is asked of Vagrant, and what of its folders is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.plan import Box, LabPlan, default_plan
from labctl.providers.libvirt_oven import LibvirtOven
from labctl.providers.machine_oven import MachineOven
from tests.fakes import World
from tests.unit.providers.baking import baking, rendering

OVEN = MachineOven("virtualbox")


class FakeVagrant:
    """ProcessRunner: `vagrant package` and `vagrant box` in a home of its own, qemu-img and virsh. commands: all."""

    def __init__(self, home: Path, *, packs: bool = True, told: str = "") -> None:
        self.home, self.packs, self.told = home, packs, told
        self.commands: list[tuple[str, ...]] = []
        self.paths: list[str] = []

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        argv = tuple(command)
        self.commands.append(argv)
        self.paths.append((options.get("env") or {}).get("PATH", ""))
        if argv[:2] == ("vagrant", "package") and self.packs:
            Path(argv[argv.index("--output") + 1]).write_bytes(b"box")
        if argv[:3] == ("vagrant", "box", "add"):
            add_box(self.home, argv[argv.index("--name") + 1], "libvirt" if self.told else "virtualbox")
        if argv[:3] == ("vagrant", "box", "remove"):
            add_box(self.home, argv[3], "libvirt" if self.told else "virtualbox", gone=True)
        return Completed(argv, 0, self.told, "")

    def ran(self, *words: str) -> list[tuple[str, ...]]:
        return [argv for argv in self.commands if argv[: len(words)] == words]


def add_box(home: Path, name: str, provider: str, *, gone: bool = False, architecture: str = "") -> Path:
    folder = home / "boxes" / name / "0" / architecture / provider
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in (("metadata.json", "{}"), ("box.img", "disk")):
        (folder / file).unlink(missing_ok=True) if gone else (folder / file).write_text(text)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path / "vagrant"))
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "vagrant"


@pytest.fixture
def plan() -> LabPlan:
    return replace(default_plan(), provider="virtualbox")


def bare_machine(folder: Path, home: Path, provider: str = "virtualbox", **files: str) -> Path:
    """What Vagrant notes of the bare machine, and the box that it came from."""
    base = home / "boxes/bare/1/the-provider"
    base.mkdir(parents=True)
    for name, text in files.items():
        (base / name.replace("__", ".")).write_text(text)
    meta = folder / f"bake/.vagrant/machines/bake/{provider}/box_meta"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"name": "bare", "directory": "boxes/bare/1/the-provider"}))
    return base


def test_the_box_is_named_by_roles_provider_and_the_box_it_comes_from(plan: LabPlan) -> None:
    name = OVEN.image(plan, "0123")
    other = replace(plan, box=Box(name="mine", url=None, version=None, checksum=None))
    others = {OVEN.image(plan, "4567"), OVEN.image(other, "0123"), LibvirtOven("libvirt").image(plan, "0123")}
    assert len({name, *others}) == 4
    assert name == OVEN.image(plan, "0123")


@pytest.mark.parametrize("architecture", ["", "amd64"])
def test_a_box_is_there_where_vagrant_keeps_it(plan: LabPlan, home: Path, architecture: str) -> None:
    runner = FakeVagrant(home)
    assert not OVEN.holds(plan, "0123", runner)
    add_box(home, OVEN.image(plan, "0123"), "libvirt", architecture=architecture)
    assert not OVEN.holds(plan, "0123", runner), "another provider's"
    add_box(home, OVEN.image(plan, "0123"), "virtualbox", architecture=architecture)
    assert OVEN.holds(plan, "0123", runner)
    assert runner.commands == []


def test_the_bare_machine_keeps_the_key_of_its_box(plan: LabPlan, home: Path, tmp_path: Path) -> None:
    world = World()
    bare = baking(plan, tmp_path, FakeVagrant(home), world)
    OVEN.heat(bare, rendering(bare))
    vagrantfile = (tmp_path / "bake/Vagrantfile").read_text()
    assert "config.ssh.insert_key = false" in vagrantfile
    assert 'name: "bake"' in vagrantfile
    assert 'name: "node-1"' not in vagrantfile
    assert world.running == {"bake"}


def test_the_new_box_keeps_what_the_old_ones_vagrantfile_says(plan: LabPlan, home: Path, tmp_path: Path) -> None:
    base = bare_machine(tmp_path, home, Vagrantfile="-", metadata__json="{}", vmlinuz="kernel", box__img="disk")
    runner = FakeVagrant(home)
    image = OVEN.pack(baking(plan, tmp_path, runner, World(running={"bake"})), "0123")
    (packed,) = runner.ran("vagrant", "package", "bake")
    assert packed[-4:] == ("--vagrantfile", str(base / "Vagrantfile"), "--include", str(base / "vmlinuz"))
    (added,) = runner.ran("vagrant", "box", "add")
    assert image in added
    assert OVEN.holds(plan, "0123", runner)
    assert not (tmp_path / "bake/package.box").exists()


def test_a_package_that_is_missing_is_told(plan: LabPlan, home: Path, tmp_path: Path) -> None:
    bare_machine(tmp_path, home)
    runner = FakeVagrant(home, packs=False)
    with pytest.raises(ToolError, match="made no box"):
        OVEN.pack(baking(plan, tmp_path, runner, World(running={"bake"})), "0123")
    assert not OVEN.holds(plan, "0123", runner)


def test_only_boxes_that_no_machine_came_from_go(plan: LabPlan, home: Path, tmp_path: Path) -> None:
    used, idle = OVEN.image(plan, "0123"), OVEN.image(plan, "4567")
    for name in (used, idle):
        add_box(home, name, "virtualbox")
    add_box(home, "bento/ubuntu-20.04", "virtualbox")
    machine = tmp_path / "data/labs/class-a/.vagrant/machines/node-1/virtualbox"
    machine.mkdir(parents=True)
    (machine / "box_meta").write_text(json.dumps({"name": used}))
    runner = FakeVagrant(home)
    assert {image.name: image.used_by for image in OVEN.images(runner)} == {used: ("class-a/node-1",), idle: ()}
    assert {image.size for image in OVEN.images(runner)} == {len("{}disk")}
    assert OVEN.prune(runner) == [f"box {idle}"]
    assert runner.commands == [("vagrant", "box", "remove", idle, "--provider", "virtualbox", "--force")]


class TestLibvirt:
    OVEN = LibvirtOven("libvirt")

    def pack(self, plan: LabPlan, home: Path, tmp_path: Path, told: str) -> FakeVagrant:
        bare_machine(tmp_path, home, "libvirt")
        runner = FakeVagrant(home, told=told)
        plan = replace(plan, provider="libvirt")
        self.OVEN.pack(baking(plan, tmp_path, runner, World(running={"bake"})), "0123")
        return runner

    def test_nothing_edits_the_packed_disk(self, plan: LabPlan, home: Path, tmp_path: Path) -> None:
        runner = self.pack(plan, home, tmp_path, "virtual size: 20 GiB")
        path = runner.paths[runner.commands.index(runner.ran("vagrant", "package")[0])]
        first = Path(path.split(":")[0])
        assert {file.name for file in first.iterdir()} == {"virt-sysprep", "virt-sparsify"}
        assert {file.stat().st_mode & 0o777 for file in first.iterdir()} == {0o755}

    def test_a_box_that_needs_another_is_refused_and_goes(self, plan: LabPlan, home: Path, tmp_path: Path) -> None:
        with pytest.raises(ToolError, match="cannot do without"):
            self.pack(plan, home, tmp_path, "backing file: /pool/box.img")
        assert not self.OVEN.holds(plan, "0123", FakeVagrant(home))

    def test_what_the_pool_keeps_of_a_box_goes_with_it(self, home: Path) -> None:
        add_box(home, "labctl-baked-01", "libvirt")
        volumes = "labctl-baked-01_vagrant_box_image_0_box.img /pool/1\nother_vagrant_box_image_0.img /pool/2\n"
        runner = FakeVagrant(home, told=volumes)
        assert self.OVEN.prune(runner) == ["box labctl-baked-01"]
        assert [argv[-1] for argv in runner.ran("virsh") if "vol-delete" in argv] == [
            "labctl-baked-01_vagrant_box_image_0_box.img"
        ]
