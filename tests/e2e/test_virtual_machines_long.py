"""`labctl up` of a whole cluster of emulated virtual machines, which takes its time: `make e2e-long`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.vm_host import Holdings
from tests.e2e.vm_lab import VmLabctl, lab_file, vm_labctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LAB = "e2e-vms"
NODES = [("k8s-master", "control-plane", "192.168.57.10"), ("node-1", "worker", "192.168.57.11")]


@pytest.fixture(scope="module")
def labctl() -> Iterator[VmLabctl]:
    with vm_labctl() as ready:
        (ready.folder / "lab.yml").write_text(lab_file(LAB, NODES))
        yield ready


def test_up_proves_the_claims(labctl: VmLabctl) -> None:
    ended = labctl("up", "-o", "json", code=None)
    for event in ended.events:
        if event["event"] in ("step_finished", "step_failed"):
            print(f"  {event['step']}: {event['seconds']} s")
    assert ended.code == 0, ended.out[-6000:] + ended.err[-6000:]


def test_both_are_members_and_ready(labctl: VmLabctl) -> None:
    nodes = json.loads(labctl("kubectl", "--", "get", "nodes", "-o", "json").out)["items"]
    assert sorted(node["metadata"]["name"] for node in nodes) == [name for name, _, _ in NODES]


def test_a_second_up_changes_nothing(labctl: VmLabctl) -> None:
    assert labctl("up", "-o", "json").steps("step_started") == []


def test_reset_leads_back_to_ready(labctl: VmLabctl) -> None:
    labctl("kubectl", "--", "create", "namespace", "mine")
    labctl("kubectl", "--", "--namespace", "kube-system", "delete", "deployment", "coredns")
    labctl("ssh", "node-1", "--", "sudo", "rm", "-rf", "/etc/kubernetes", "/var/lib/docker/image")
    labctl("reset", "--yes", "-o", "json")
    assert "mine" not in labctl("kubectl", "--", "get", "namespaces", "--output", "name").out
    assert labctl("up", "-o", "json").steps("step_started") == []


def test_one_node_alone_is_as_it_was(labctl: VmLabctl) -> None:
    labctl("ssh", "node-1", "--", "sudo", "systemctl", "mask", "--now", "kubelet", "docker")
    labctl("reset", "node-1", "--yes", "-o", "json")


def test_destroy_leaves_nothing(labctl: VmLabctl) -> None:
    labctl("destroy", "--yes")
    assert labctl.left() == Holdings()
