"""One real virtual machine: QEMU's own emulation, unmodified libvirt, the rendered Vagrantfile, the same roles.

A whole cluster of them is slow without the processor's help: test_virtual_machines_long.py. Tests go in order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.vm_host import Holdings, run
from tests.e2e.vm_lab import VmLabctl, lab_file, vm_labctl

pytestmark = pytest.mark.e2e

LAB = "e2e-vm"
NODE = "k8s-master"
ROLES = ["base", "docker", "kube_packages"]
# The claims that need no cluster; kubelet starts, but has nothing to run before kubeadm.
CLAIMS = ["docker.service", "docker.command-line", "docker.version", "docker.storage-driver", "docker.bridge"]


@pytest.fixture(scope="module")
def labctl() -> Iterator[VmLabctl]:
    with vm_labctl() as ready:
        (ready.folder / "lab.yml").write_text(lab_file(LAB, [(NODE, "control-plane", "192.168.57.10")]))
        yield ready


def on_node(labctl: VmLabctl, *command: str, code: int | None = 0) -> str:
    return labctl("ssh", NODE, "--", *command, code=code).out.strip()


def test_up_to_kube_packages(labctl: VmLabctl) -> None:
    ended = labctl("up", "--until", "kube_packages", "-o", "json")
    for event in ended.events:
        if event["event"] == "step_finished":
            print(f"  {event['step']}: {event['seconds']} s, changed {event['changed']}")
    finished = {event["step"]: event["changed"] for event in ended.events if event["event"] == "step_finished"}
    assert finished["bake"] > 0
    # What the box brings needs no role; kube_packages' claims want a kubelet that kubeadm has configured.
    assert {step: changed for step, changed in finished.items() if step in ROLES} in ({}, {"kube_packages": 0})
    assert "create_machines" in finished


def boxes(labctl: VmLabctl) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(labctl("image", "list", "-o", "json").out)["images"]
    return [image for image in found if image["name"].startswith("labctl-baked-")]


def test_it_comes_from_a_box_of_labctls_own(labctl: VmLabctl) -> None:
    (image,) = boxes(labctl)
    print(image)
    assert image["used_by"] == [f"{LAB}/{NODE}"]
    labctl("image", "prune", "--yes")
    assert boxes(labctl) == [image], "it is in use"
    # What is one machine's alone it has made itself.
    assert len(on_node(labctl, "cat", "/etc/machine-id")) == 32
    key = on_node(labctl, "sudo", "stat", "--format", "%W %Y", "/etc/ssh/ssh_host_ed25519_key").split()[1]
    assert int(key) > datetime.fromisoformat(image["created"]).timestamp() - 1
    assert on_node(labctl, "ls", "/opt/labctl/bundle/manifest.json") == "/opt/labctl/bundle/manifest.json"


def test_it_is_a_machine_of_its_own(labctl: VmLabctl) -> None:
    assert on_node(labctl, "systemd-detect-virt") == "qemu"
    assert on_node(labctl, "hostname") == NODE
    assert "192.168.57.10/24" in on_node(labctl, "ip", "-br", "-4", "address")
    assert on_node(labctl, "systemctl", "--failed", "--no-legend") == ""
    # Its kernel is the distribution's own. No role ran since it started from the box: systemd has loaded the modules.
    assert on_node(labctl, "uname", "-r") != run("uname", "-r").strip()
    loaded = {line.split()[0] for line in on_node(labctl, "lsmod").splitlines()}
    assert {"overlay", "br_netfilter", "xt_set"} <= loaded


def claims_hold(labctl: VmLabctl) -> None:
    only = [word for claim in CLAIMS for word in ("--only", claim)]
    report = json.loads(labctl("verify", "-o", "json", *only, code=None).out)
    outcomes = {check["id"]: (check["outcome"], check["why"]) for check in report["checks"] if check["id"] in CLAIMS}
    assert sorted(outcomes) == sorted(CLAIMS)
    assert {outcome for outcome, _ in outcomes.values()} <= {"pass", "drift"}, outcomes


def test_its_claims_without_a_cluster_hold(labctl: VmLabctl) -> None:
    claims_hold(labctl)


def test_kubelet_and_the_images_are_there(labctl: VmLabctl) -> None:
    assert on_node(labctl, "systemctl", "is-enabled", "kubelet") == "enabled"
    assert on_node(labctl, "kubelet", "--version") == "Kubernetes v1.21.1"
    assert "kube-apiserver" in on_node(labctl, "sudo", "docker", "image", "ls")


def test_a_snapshot_leads_back_to_what_ran_then(labctl: VmLabctl) -> None:
    """The hypervisor's own, with memory: nothing starts anew, and yet it is now. Then the tests below are of it."""
    boot = on_node(labctl, "cat", "/proc/sys/kernel/random/boot_id")
    saved = labctl("snapshot", "save", "-o", "json", "lesson-1").events[-1]
    assert (saved["name"], saved["size"]) == ("lesson-1", None)
    on_node(labctl, "sudo", "sh", "-c", "rm /usr/bin/kubelet && touch /etc/mine && systemctl stop docker && sync")
    # What comes after that step waits for a cluster, which this machine alone has not.
    reset = ["reset", "--to", "lesson-1", "--yes"]
    labctl.killed_at(reset, lambda event: event["event"] == "step_finished" and event["step"] == "restore_machines")
    assert on_node(labctl, "cat", "/proc/sys/kernel/random/boot_id") == boot
    assert on_node(labctl, "ls", "/usr/bin/kubelet") == "/usr/bin/kubelet"
    assert "cannot access" in labctl("ssh", NODE, "--", "ls", "/etc/mine", code=None).err
    assert abs(float(on_node(labctl, "date", "+%s")) - time.time()) < 10
    claims_hold(labctl)


def test_the_roles_change_nothing_the_second_time(labctl: VmLabctl) -> None:
    ended = labctl("up", "--from", "base", "--until", "kube_packages", "-o", "json")
    finished = {event["step"]: event for event in ended.events if event["event"] == "step_finished"}
    print({step: event["seconds"] for step, event in finished.items()})
    assert {step: event["changed"] for step, event in finished.items()} == dict.fromkeys(ROLES, 0)


def test_an_up_after_it_begins_no_step_that_is_done(labctl: VmLabctl) -> None:
    ended = labctl("up", "--until", "kube_packages", "-o", "json")
    # The claims of kube_packages want a running kubelet, which only kubeadm's configuration brings.
    assert set(ended.steps("step_started")) <= {"kube_packages"}
    assert sum(event["changed"] for event in ended.events if event["event"] == "step_finished") == 0


def test_destroy_leaves_nothing(labctl: VmLabctl) -> None:
    labctl("destroy", "--yes")
    labctl("image", "prune", "--yes")
    assert labctl.left() == Holdings()
    assert [file.name for file in (labctl.data / "labs").iterdir() if file.is_dir()] == []
