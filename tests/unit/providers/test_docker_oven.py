"""Node images of the docker provider: what is asked of Docker, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.plan import LabPlan, default_plan
from labctl.providers.docker_oven import DockerOven
from labctl.providers.host import Host
from labctl.providers.interface import Checked, Launch
from tests.unit.providers.baking import baking, rendering
from tests.unit.providers.docker_double import FakeDocker
from tests.unit.providers.test_docker_engine import bundle_with_root

OVEN = DockerOven()
IMAGE = "labctl/baked:0123"


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    bundle = bundle_with_root(tmp_path / "bundle")
    return replace(default_plan(), provider="docker", bundle=replace(default_plan().bundle, path=str(bundle)))


def launch(plan: LabPlan, folder: Path, *nodes: str) -> Launch:
    (folder / "id_ed25519.pub").write_text("ssh-ed25519 AAAA\n")
    ports = {node: 2200 + number for number, node in enumerate(nodes)}
    return Launch(plan, Host(vagrant=True), folder, folder / "bundle", 16443, ports)


def position(docker: FakeDocker, *words: str) -> int:
    return next(i for i, command in enumerate(docker.commands) if all(word in " ".join(command) for word in words))


def test_the_image_is_named_by_roles_and_bare_node(plan: LabPlan, tmp_path: Path) -> None:
    name = OVEN.image(plan, "0123")
    assert name.startswith("labctl/baked:")
    assert OVEN.image(plan, "4567") != name
    bundle_with_root(tmp_path / "bundle", sha256="b" * 64)
    assert OVEN.image(plan, "0123") != name


def test_an_image_without_its_seed_is_not_there(plan: LabPlan) -> None:
    image = OVEN.image(plan, "0123")
    assert OVEN.holds(plan, "0123", FakeDocker(images=[image]))
    assert not OVEN.holds(plan, "0123", FakeDocker())
    gone = {("docker", "volume", "inspect"): "no such volume"}
    assert not OVEN.holds(plan, "0123", FakeDocker(images=[image], failing=gone))


def test_image_and_seed_get_their_names_last(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker()
    image = OVEN.pack(baking(plan, tmp_path, docker), "0123")
    assert docker.commands[-1][:2] == ("docker", "tag")
    assert docker.commands[-1][-1] == image
    stopped, committed = position(docker, "docker exec"), position(docker, "docker commit")
    removed, moved = position(docker, "docker rm"), position(docker, "docker run --rm")
    assert stopped < committed < removed < moved
    seed = f"labctl-seed-{image.split(':')[1]}"
    assert docker.commands[moved][-2:] == ("labctl-bake-tutorial-docker/_data", f"{seed}/_data")


def test_the_public_key_of_one_lab_does_not_stay_in_the_image(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker()
    OVEN.pack(baking(plan, tmp_path, docker), "0123")
    assert "ENV LABCTL_SSH_KEY=" in docker.commands[position(docker, "docker commit")]


def test_machines_start_with_a_copy_of_the_seed_and_are_known_to_vagrant(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker()
    assert OVEN.start(launch(plan, tmp_path, "node-1", "node-2"), IMAGE, docker) == Checked()
    looked = position(docker, "docker run --rm")
    assert docker.commands[looked][-2:] == ("labctl-seed-0123/_data", "labctl-seed-0123/_data")
    sown = docker.commands[position(docker, "docker run --rm", "node-2-docker/_data")]
    assert sown[-12:] == tuple(
        folder
        for node in ("node-1", "node-2")
        for what, source in (("docker", "labctl-seed-0123/_data"), ("kubelet", "-"), ("etcd", "-"))
        for folder in (source, f"labctl-tutorial-{node}-{what}/_data")
    )
    assert "type=volume,volume-nocopy,volume-label=labctl.lab=tutorial,source=labctl-tutorial-node-2-etcd" in " ".join(
        sown
    )
    for node, port in (("node-1", "2200"), ("node-2", "2201")):
        created = docker.commands[position(docker, "docker create", f"labctl-tutorial-{node} ")]
        assert f"127.0.0.1:{port}:22" in created
        assert "labctl.lab=tutorial" in created
        assert (tmp_path / ".vagrant/machines" / node / "docker/id").is_file()
    assert not (tmp_path / ".vagrant/machines/node-3").exists()


class Damaged(FakeDocker):
    """A seed of which check.sh finds something; mend says what mend.py says of it."""

    mend = ""

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        done = super().run(command, **options)
        if tuple(command[:2]) != ("docker", "run") or "labctl-tutorial-node-1-docker/_data" in command:
            return done
        if "python3" not in command:
            return replace(done, stdout=f"was\tlabctl-seed-0123/_data\t{LINE}\n")
        assert options["stdin"] == f"was\tlabctl-seed-0123/_data\t{LINE}\n".encode()
        return replace(done, stdout=self.mend)


LINE = "overlay2/a1/diff/bin/x\t5 1600000000.1234567890 755 0:0"


def test_a_damaged_seed_is_mended_from_the_bundle_before_nodes_are_sown(plan: LabPlan, tmp_path: Path) -> None:
    docker = Damaged()
    docker.mend = "mended\tlabctl-seed-0123/_data\toverlay2/a1/diff/bin/x\n"
    assert OVEN.start(launch(plan, tmp_path, "node-1"), IMAGE, docker) == Checked(mended=("/bin/x",))
    mended = position(docker, "docker run", "python3")
    assert f"type=bind,source={plan.bundle.path},target=/bundle,readonly" in docker.commands[mended]
    assert mended < position(docker, "docker run", "node-1-docker/_data") < position(docker, "docker start")


def test_no_node_is_sown_from_a_seed_that_cannot_be_mended(plan: LabPlan, tmp_path: Path) -> None:
    docker = Damaged()
    docker.mend = "lost\tlabctl-seed-0123/_data\toverlay2/a1/diff/bin/x\tall.tar of the bundle is damaged, too\n"
    with pytest.raises(ToolError, match=r"/bin/x: all\.tar of the bundle is damaged, too") as caught:
        OVEN.start(launch(plan, tmp_path, "node-1"), IMAGE, docker)
    assert "labctl bundle verify" in (caught.value.hint or "")
    assert not [command for command in docker.commands if command[:2] == ("docker", "start")]


def test_a_container_that_cannot_start_is_told(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker(failing={("docker", "start"): "port is already allocated"})
    with pytest.raises(ToolError) as caught:
        OVEN.start(launch(plan, tmp_path, "node-1"), IMAGE, docker)
    assert "already allocated" in caught.value.output


def test_heating_begins_with_what_a_cut_bake_has_left(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker(answers={("docker", "port"): "127.0.0.1:49153\n", ("docker", "ps"): "old-one\n"})
    (tmp_path / "id_ed25519").write_text("-")
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAA\n")
    cut = baking(plan, tmp_path, docker)
    ssh = OVEN.heat(cut, rendering(cut))
    assert "Host bake\n" in ssh
    assert "Port 49153" in ssh
    assert position(docker, "docker rm", "old-one") < position(docker, "docker run --detach")
