"""Snapshots of the docker provider: what is asked of Docker, in which order, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.events import SilentReporter
from labctl.plan import LabPlan, default_plan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_snapshots import DockerSnapshots
from labctl.providers.host import Host
from labctl.providers.interface import Checked, Launch, Tools
from tests.fakes import FakeMachines, World
from tests.unit.providers.docker_double import FakeDocker, container

STORE = DockerSnapshots()
NODES = ["k8s-master", "node-1", "node-2", "node-3"]
ANSWERS = {
    ("docker", "container", "inspect"): "sha256:0123\n",
    ("docker", "run"): "5000 abcdef\n",
    ("docker", "history"): "1000\n2000\n",
}


@pytest.fixture
def plan() -> LabPlan:
    return replace(default_plan(), provider="docker")


def tools(docker: FakeDocker) -> Tools:
    return Tools(docker, FakeMachines(World()))


def ran(docker: FakeDocker, *words: str) -> list[int]:
    return [i for i, command in enumerate(docker.commands) if all(word in " ".join(command) for word in words)]


def test_all_stand_still_while_all_are_saved(plan: LabPlan) -> None:
    docker = FakeDocker(answers=ANSWERS)
    saved = STORE.save(plan, "77", tools(docker))
    (paused,), commits, (copied,) = ran(docker, "docker pause"), ran(docker, "docker commit"), ran(docker, "docker run")
    assert docker.commands[paused][2:] == tuple(f"labctl-tutorial-{node}" for node in NODES)
    assert len(commits) == len(NODES)
    thawed = ran(docker, "docker unpause")
    assert len(thawed) == len(NODES)
    assert paused < min(commits) <= max(commits) < min(thawed)
    assert paused < copied < min(thawed)
    assert (saved.size, saved.checksum) == (5000 + len(NODES) * 1000, "abcdef")


@pytest.mark.parametrize("failing", [("docker", "pause"), ("docker", "commit"), ("docker", "run")])
def test_after_a_failure_the_machines_run_on(plan: LabPlan, failing: tuple[str, ...]) -> None:
    docker = FakeDocker(answers=ANSWERS, failing={failing: "no space left on device"})
    with pytest.raises(ToolError) as caught:
        STORE.save(plan, "77", tools(docker))
    assert "no space left" in caught.value.output
    assert len(ran(docker, "docker unpause")) == len(NODES)


def test_machines_that_do_not_run_are_not_saved_and_it_is_said_what_helps(plan: LabPlan) -> None:
    docker = FakeDocker(answers=ANSWERS, failing={("docker", "pause"): "Container 01 is not running"})
    with pytest.raises(ToolError, match="nothing was saved") as caught:
        STORE.save(plan, "77", tools(docker))
    assert "labctl up" in (caught.value.hint or "")


def test_restoring_one_node_touches_no_other(plan: LabPlan, tmp_path: Path) -> None:
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAA\n")
    docker = FakeDocker([container(node.name, node.ip) for node in plan.nodes])
    launch = Launch(plan, Host(vagrant=True), tmp_path, tmp_path / "bundle", 16443, {"node-2": 2202})
    STORE.restore(launch, "77", tools(docker))
    changed = docker.changes()
    assert not [line for line in changed if "node-1-" in line or "node-3-" in line or "k8s-master-" in line]
    (removed,) = ran(docker, "docker rm")
    sown, created = ran(docker, "docker run"), ran(docker, "docker create")
    started = ran(docker, "docker start")
    assert removed < created[0] < started[0]
    assert sown[0] < started[0]
    assert docker.commands[sown[0]][-7] == "4711", "the process that must have ended before its volumes are filled"
    assert docker.commands[removed] == ("docker", "rm", "--force", "--volumes", "labctl-tutorial-node-2")
    assert "labctl/snapshot-tutorial:77-node-2" in docker.commands[created[0]]
    assert docker.commands[sown[0]][-6:] == (
        "labctl-tutorial-snapshot-77/_data/node-2/docker",
        "labctl-tutorial-node-2-docker/_data",
        "labctl-tutorial-snapshot-77/_data/node-2/kubelet",
        "labctl-tutorial-node-2-kubelet/_data",
        "labctl-tutorial-snapshot-77/_data/node-2/etcd",
        "labctl-tutorial-node-2-etcd/_data",
    )


def test_what_was_saved_is_looked_at_by_checksum_and_registers(plan: LabPlan) -> None:
    docker = FakeDocker(answers={("docker", "run"): "data\t./node-2/kubelet/config.yaml\n"})
    found = STORE.check(plan, "77", "c0ffee", ["node-2", "node-3"], tools(docker))
    assert found == Checked(lost=("./node-2/kubelet/config.yaml",))
    (looked,) = ran(docker, "docker run")
    folder = "labctl-tutorial-snapshot-77/_data"
    assert docker.commands[looked][-4:] == ("c0ffee", folder, f"{folder}/node-2/docker", f"{folder}/node-3/docker")


def test_only_data_that_no_snapshot_names_goes(plan: LabPlan) -> None:
    images = [f"labctl/snapshot-tutorial:{name}-{node}" for name in ("77", "88") for node in NODES]
    volumes = ["labctl-tutorial-node-1-docker", "labctl-tutorial-snapshot-77", "labctl-tutorial-snapshot-88"]
    docker = FakeDocker(images=images, volumes=volumes)
    STORE.keep_only(plan, ["88"], tools(docker))
    assert docker.changes() == [
        "docker volume rm labctl-tutorial-snapshot-77",
        *(f"docker image rm --force labctl/snapshot-tutorial:77-{node}" for node in NODES),
        "docker image prune --force --filter label=labctl.lab=tutorial",
    ]


class Layered(FakeDocker):
    """Images by id, each on the next; Docker removes none on which another lies."""

    def __init__(self, ids: list[str], *, stuck: bool = False) -> None:
        super().__init__()
        self.ids = ids
        self.stuck = stuck

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        if tuple(command[:4]) == ("docker", "image", "ls", "--quiet"):
            return Completed(tuple(command), 0, "\n".join(self.ids), "")
        if tuple(command[:4]) == ("docker", "image", "rm", "--force"):
            if not self.stuck:
                self.ids.pop(0)
            elif options.get("check", True):
                raise ToolError("docker failed", command=command, output="conflict")
        return super().run(command, **options)


def test_destroy_removes_images_the_upper_ones_first(plan: LabPlan) -> None:
    removed = engine.cleanup(plan, Layered(["01", "02", "03"]), SilentReporter())
    assert [line for line in removed if "image" in line] == ["image 01", "image 02", "image 03"]


def test_an_image_that_cannot_be_removed_is_told(plan: LabPlan) -> None:
    with pytest.raises(ToolError) as caught:
        engine.cleanup(plan, Layered(["01"], stuck=True), SilentReporter())
    assert "conflict" in caught.value.output


def test_it_is_there_only_if_volume_and_all_images_are(plan: LabPlan) -> None:
    images = [f"labctl/snapshot-tutorial:77-{node}" for node in NODES]
    assert STORE.holds(plan, "77", tools(FakeDocker(images=images)))
    assert not STORE.holds(plan, "77", tools(FakeDocker(images=images[:-1])))
    gone = {("docker", "volume", "inspect"): "no such volume"}
    assert not STORE.holds(plan, "77", tools(FakeDocker(images=images, failing=gone)))


def test_halt_stops_what_runs_at_once(plan: LabPlan) -> None:
    docker = FakeDocker([container("k8s-master", "192.168.50.10"), container("node-1", "192.168.50.11", running=False)])
    engine.halt(plan, docker)
    assert docker.changes() == ["docker stop --time 1 labctl-tutorial-k8s-master"]


def test_what_is_not_there_is_not_removed(plan: LabPlan, tmp_path: Path) -> None:
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAA\n")
    docker = FakeDocker([container("node-1", "192.168.50.11")])
    launch = Launch(plan, Host(vagrant=True), tmp_path, tmp_path / "bundle", 16443, {"node-2": 2202})
    STORE.restore(launch, "77", tools(docker))
    assert not ran(docker, "docker rm")
    (sown,) = ran(docker, "docker run")
    assert docker.commands[sown][-7] == "", "no process is waited for"


def test_a_machine_that_cannot_be_removed_is_known_to_nobody(plan: LabPlan, tmp_path: Path) -> None:
    """Its volumes may be filled by half: the next `up` must take it for half made and not start it."""
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAA\n")
    known = engine.vagrant_id(tmp_path, "node-2")
    known.parent.mkdir(parents=True)
    known.write_text("id-of-node-2")
    docker = FakeDocker(
        [container("node-2", "192.168.50.12", running=False)],
        failing={("docker", "rm"): "did not receive an exit event"},
    )
    launch = Launch(plan, Host(vagrant=True), tmp_path, tmp_path / "bundle", 16443, {"node-2": 2202})
    with pytest.raises(ToolError):
        STORE.restore(launch, "77", tools(docker))
    assert not ran(docker, "docker create")
    assert not known.exists()


def test_machines_that_are_to_go_stand_still_and_run_on_after_all(plan: LabPlan) -> None:
    docker = FakeDocker([container("node-1", "192.168.50.11", paused=True)], failing={("docker", "pause"): "no such"})
    engine.freeze(plan, ["node-1", "node-2"], docker)
    assert docker.changes() == ["docker pause labctl-tutorial-node-1 labctl-tutorial-node-2"]
    engine.thaw(plan, docker)
    assert docker.changes()[-1] == "docker unpause id-of-node-1"
