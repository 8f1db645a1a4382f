"""What labctl asks of Docker beside Vagrant, on a daemon in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.events import SilentReporter
from labctl.plan import LabPlan, default_plan
from labctl.providers import docker_engine as engine
from tests.unit.providers.docker_double import FakeDocker, container

SILENT = SilentReporter()
TAG = 15 * "0"
ADDRESSES = {
    "k8s-master": "192.168.50.10",
    "node-1": "192.168.50.11",
    "node-2": "192.168.50.12",
    "node-3": "192.168.50.13",
}


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    plan = default_plan()
    return replace(plan, provider="docker", bundle=replace(plan.bundle, path=str(tmp_path / "bundle")))


def known_to_vagrant(lab: Path, node: str, identity: str | None = None) -> None:
    folder = lab / ".vagrant/machines" / node / "docker"
    folder.mkdir(parents=True)
    (folder / "id").write_text(identity or f"id-of-{node}")


def bundle_with_root(folder: Path, sha256: str = "a" * 64, path: str = "node/root.tar") -> Path:
    folder.mkdir(exist_ok=True)
    entry = {"path": path, "sha256": sha256, "size": 1, "mode": "0644", "url": None, "pinned": "built"}
    manifest = {
        "schema": "labctl.bundle/v1", "release": "tutorial", "source": "distribution", "arch": "amd64",
        "node_os": "debian-12", "versions": {}, "image_repository": "x", "image_tags": {}, "images": [],
        "packages": {}, "notes": [], "files": [entry],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_states_of_running_stopped_half_made_and_missing_nodes(plan: LabPlan) -> None:
    docker = FakeDocker(
        [
            container("k8s-master", ADDRESSES["k8s-master"]),
            container("node-1", None),
            container("node-2", ADDRESSES["node-2"], running=False),
        ]
    )
    assert engine.states(plan, docker) == {
        "k8s-master": "running",
        "node-1": "incomplete",
        "node-2": "stopped",
        "node-3": "not_created",
    }
    assert docker.changes() == []


def test_a_healthy_lab_is_left_alone(plan: LabPlan, tmp_path: Path) -> None:
    docker = FakeDocker([container(name, ip) for name, ip in ADDRESSES.items()])
    for name in ADDRESSES:
        known_to_vagrant(tmp_path, name)
    assert engine.heal(plan, tmp_path, docker, SILENT) == ()
    assert docker.changes() == []


def test_a_container_without_its_network_is_connected_before_it_is_started(plan: LabPlan, tmp_path: Path) -> None:
    known_to_vagrant(tmp_path, "node-1")
    docker = FakeDocker([container("node-1", None, running=False)])
    assert len(engine.heal(plan, tmp_path, docker, SILENT)) == 2
    assert docker.changes() == [
        "docker network connect --ip 192.168.50.11 labctl-tutorial id-of-node-1",
        "docker start id-of-node-1",
    ]


def test_a_paused_container_is_woken(plan: LabPlan, tmp_path: Path) -> None:
    known_to_vagrant(tmp_path, "node-1")
    docker = FakeDocker([container("node-1", ADDRESSES["node-1"], paused=True)])
    engine.heal(plan, tmp_path, docker, SILENT)
    assert docker.changes() == ["docker unpause id-of-node-1"]


@pytest.mark.parametrize("written", [None, "preparing"])
def test_a_container_that_vagrant_does_not_know_is_removed(plan: LabPlan, tmp_path: Path, written: str | None) -> None:
    if written:
        known_to_vagrant(tmp_path, "node-1", written)
    docker = FakeDocker([container("node-1", None, running=False)])
    engine.heal(plan, tmp_path, docker, SILENT)
    assert docker.changes() == ["docker start id-of-node-1", "docker rm --force --volumes id-of-node-1"]


def test_ssh_config_from_the_published_ports(plan: LabPlan, tmp_path: Path) -> None:
    lab = tmp_path / "my lab"
    nodes = [container(name, ip, port=2200 + i) for i, (name, ip) in enumerate(ADDRESSES.items())]
    text = engine.ssh_config(plan, lab, FakeDocker(nodes))
    assert text is not None
    assert "Host node-2\n  HostName 127.0.0.1\n  User vagrant\n  Port 2202\n" in text
    assert f'IdentityFile "{lab}/id_ed25519"' in text
    assert engine.ssh_config(plan, lab, FakeDocker(nodes[:3])) is None


def test_cleanup_removes_what_carries_the_label_and_unused_images(plan: LabPlan) -> None:
    docker = FakeDocker(
        [container("node-1", None)],
        volumes=["labctl-tutorial-node-1-docker"],
        networks=["net1"],
        images=[
            f"labctl/node:{TAG}1",
            f"labctl/node:{TAG}2",
            f"labctl/node-root:{TAG}1",
            "debian:12",
            "labctl/node:dev",
        ],
        failing={("docker", "image", "rm", f"labctl/node:{TAG}2"): "image is being used by running container"},
    )
    removed = engine.cleanup(plan, docker, SILENT)
    assert removed == (
        "container id-of-node-1",
        "volume labctl-tutorial-node-1-docker",
        "network net1",
        f"image labctl/node:{TAG}1",
        f"image labctl/node-root:{TAG}1",
    )
    assert not any("debian" in command or "dev" in command for command in docker.changes())


def test_cleanup_of_nothing_does_nothing(plan: LabPlan) -> None:
    docker = FakeDocker()
    assert engine.cleanup(plan, docker, SILENT) == ()
    assert docker.changes() == []


def test_the_image_s_tag_follows_the_root_file_system(tmp_path: Path) -> None:
    first = engine.node_image(bundle_with_root(tmp_path / "a"))
    second = engine.node_image(bundle_with_root(tmp_path / "b", "b" * 64))
    assert first != second
    assert first.startswith("labctl/node:")
    assert engine.node_image(tmp_path / "none") == "labctl/node:unbuilt"


def test_a_bundle_without_a_node_root_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"has no node/root\.tar") as caught:
        engine.node_image(bundle_with_root(tmp_path / "a", path="bin/kubectl"))
    assert caught.value.hint is not None
    assert "--source distribution" in caught.value.hint


def test_the_image_is_built_once(tmp_path: Path) -> None:
    bundle = bundle_with_root(tmp_path / "a")
    image = engine.node_image(bundle)
    docker = FakeDocker()
    engine.ensure_image(bundle, docker, SILENT)
    built = docker.changes()
    assert [command.split()[1] for command in built] == ["import", "build", "image"]
    assert image in built[1]
    docker = FakeDocker(images=[image])
    engine.ensure_image(bundle, docker, SILENT)
    assert docker.changes() == []


def test_the_network_is_made_once_and_a_taken_range_explained(plan: LabPlan) -> None:
    engine.ensure_network(plan, docker := FakeDocker())
    assert docker.changes() == [
        "docker network create --label labctl.lab=tutorial --subnet 192.168.50.0/24 labctl-tutorial"
    ]
    engine.ensure_network(plan, docker := FakeDocker(networks=["labctl-tutorial"]))
    assert docker.changes() == []
    with pytest.raises(ToolError, match=r"192\.168\.50\.0/24") as caught:
        engine.ensure_network(plan, FakeDocker(failing={("docker", "network", "create"): "Pool overlaps"}))
    assert "docker network ls" in (caught.value.hint or "")


def test_the_key_is_made_once_and_its_public_half_found_again(plan: LabPlan, tmp_path: Path) -> None:
    from labctl.adapters.process import LocalProcessRunner

    runner = LocalProcessRunner()
    engine.ensure_key(tmp_path, plan, runner)
    private, public = tmp_path / "id_ed25519", tmp_path / "id_ed25519.pub"
    before = private.read_bytes(), public.read_text().split()[:2]
    assert private.stat().st_mode & 0o777 == 0o600
    public.unlink()
    engine.ensure_key(tmp_path, plan, runner)
    assert (private.read_bytes(), public.read_text().split()[:2]) == before
