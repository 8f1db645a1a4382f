"""A lab that learners have worked on and broken is fresh again; halted, it comes back. Tests go in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests import hard_use
from tests.e2e.conftest import Labctl, docker, four_nodes
from tests.hard_use import NODES, use_hard

pytestmark = pytest.mark.e2e

on, kubectl = partial(hard_use.on, "used"), partial(hard_use.kubectl, "used")


def busybox(labctl: Labctl) -> str:
    bundle = json.loads(labctl("plan", "-f", "used.yml", "-o", "json").out)["plan"]["bundle"]["path"]
    images = json.loads(labctl("bundle", "show", bundle, "-o", "json").out)["images"]
    return next(str(image["ref"]) for image in images if "busybox" in image["ref"])


def containers() -> dict[str, str]:
    rows = docker("ps", "--all", "--no-trunc", "--filter", "name=labctl-used-", "--format", "{{.Names}} {{.ID}}")
    return dict(row.split() for row in rows.splitlines())


def claims(labctl: Labctl) -> dict[str, Any]:
    return dict(json.loads(labctl("verify", "-n", "used", "-o", "json", code=None).out))


def is_fresh(labctl: Labctl) -> None:
    """Nothing of the learner's is left, and all claims hold."""
    assert claims(labctl)["outcome"] in ("pass", "drift")
    spaces = kubectl("get", "namespaces", "--output", "name").split()
    assert [f"namespace/{name}" for name in ("default", "kube-node-lease", "kube-public", "kube-system")] == spaces
    pods = json.loads(kubectl("get", "pods", "--all-namespaces", "--output", "json"))["items"]
    assert {pod["metadata"]["namespace"] for pod in pods} == {"kube-system"}
    assert "nobody-answers" not in kubectl("get", "validatingwebhookconfigurations", "--output", "name")
    for node in NODES:
        assert on(node, "ls /mnt/data 2>/dev/null || true") == ""
        running = on(node, "docker ps --format '{{.Label \"io.kubernetes.pod.namespace\"}}'").split()
        assert set(running) == {"kube-system"}, running


def test_up_saves_ready(labctl: Labctl) -> None:
    (labctl.folder / "used.yml").write_text(four_nodes("used", "192.168.61"))
    assert "save_ready" in labctl("up", "-f", "used.yml", "-o", "json").steps("step_finished")
    listed = json.loads(labctl("snapshot", "list", "-n", "used", "-o", "json").out)["snapshots"]
    assert [each["name"] for each in listed] == ["ready"]
    assert listed[0]["size"] > 0


def test_reset_of_a_lab_used_hard(labctl: Labctl) -> None:
    use_hard("used", busybox(labctl))
    assert claims(labctl)["outcome"] == "fail"
    assert "--yes" in labctl("reset", "-n", "used", code=2).err
    labctl("reset", "-n", "used", "--yes", "-o", "json")
    is_fresh(labctl)


ABUSES: dict[str, Callable[[], object]] = {
    "masked units and edited files": lambda: (
        on("node-1", "systemctl mask --now kubelet docker; rm -rf /etc/cni/net.d /opt/cni/bin"),
        on(
            "k8s-master", "sed -i s/6443/6444/ /etc/kubernetes/manifests/kube-apiserver.yaml; rm -r /etc/kubernetes/pki"
        ),
    ),
    "pruned Docker and flushed iptables": lambda: (
        on("node-2", "systemctl stop kubelet; docker rm -f $(docker ps -aq); docker image prune --all --force"),
        on("node-3", "iptables -F; iptables -t nat -F; iptables -P FORWARD DROP; ip link delete weave"),
    ),
    "damaged etcd": lambda: on("k8s-master", "truncate -s 100 /var/lib/etcd/member/snap/db; pkill -9 etcd"),
    "removed containers": lambda: docker("rm", "--force", "labctl-used-node-1", "labctl-used-k8s-master"),
    "a full disk": lambda: on("node-1", "fallocate -l 1G /var/lib/kubelet/full; rm -rf /var/lib/docker/image"),
}


@pytest.mark.parametrize("abuse", ABUSES)
def test_every_abuse_is_the_same_case(labctl: Labctl, abuse: str) -> None:
    ABUSES[abuse]()
    labctl("reset", "-n", "used", "--yes", "-o", "json")
    is_fresh(labctl)


def test_one_node_alone_is_made_again(labctl: Labctl) -> None:
    def uids() -> set[str]:
        pods = json.loads(kubectl("get", "pods", "--namespace", "kube-system", "--output", "json"))["items"]
        return {pod["metadata"]["uid"] for pod in pods if pod["spec"].get("nodeName") != "node-2"}

    before, pods = containers(), uids()
    docker("rm", "--force", "--volumes", "labctl-used-node-2")
    labctl("reset", "-n", "used", "node-2", "--yes", "-o", "json")
    after = containers()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"labctl-used-node-2"}
    assert uids() == pods
    assert labctl("reset", "-n", "used", "k8s-master", "--yes", code=2).err


def test_what_ran_when_it_was_saved_runs_again(labctl: Labctl) -> None:
    args = ("--image", busybox(labctl), "--replicas=2", "--", "sleep", "100000")
    kubectl("create", "deployment", "mine", *args)
    kubectl("rollout", "status", "deployment", "mine", "--timeout=60s")
    on("node-1", "mkdir -p /mnt/data && echo precious > /mnt/data/file")
    labctl("snapshot", "save", "-n", "used", "lesson-3")
    kubectl("delete", "deployment", "mine")
    on("node-1", "rm /mnt/data/file")
    labctl("snapshot", "restore", "-n", "used", "lesson-3", "--yes", "-o", "json")
    kubectl("rollout", "status", "deployment", "mine", "--timeout=60s")
    assert on("node-1", "cat /mnt/data/file").strip() == "precious"
    labctl("snapshot", "delete", "-n", "used", "lesson-3", "--yes")
    assert "lesson-3" not in docker("image", "ls", "--format", "{{.Tag}}")
    labctl("reset", "-n", "used", "--yes", "-o", "json")
    is_fresh(labctl)


def test_halt_and_resume(labctl: Labctl) -> None:
    labctl("halt", "-n", "used")
    assert docker("ps", "--quiet", "--filter", "name=labctl-used-") == ""
    labctl("resume", "-n", "used", "-o", "json")
    is_fresh(labctl)


def test_a_node_more_and_a_node_less(labctl: Labctl) -> None:
    """DaemonSets follow: 5/5/5/5/5 and back."""

    def counts() -> str:
        columns = "desiredNumberScheduled currentNumberScheduled numberReady updatedNumberScheduled numberAvailable"
        path = "/".join(f"{{.status.{name}}}" for name in columns.split())
        args = ("--namespace", "kube-system", "get", "daemonset", "weave-net", "--output", f"jsonpath={path}")
        return kubectl(*args)

    labctl("node", "add", "-n", "used", "-o", "json")
    assert counts() == "5/5/5/5/5"
    assert on("node-4", "uname -n").strip() == "node-4"
    assert claims(labctl)["outcome"] in ("pass", "drift")
    assert labctl("up", "-f", "used.yml", "-o", "json").steps("step_started") == []
    labctl("node", "remove", "node-4", "-n", "used", "--yes", "-o", "json")
    assert counts() == "4/4/4/4/4"
    assert "labctl-used-node-4" not in docker("ps", "--all", "--format", "{{.Names}}")
    assert "labctl-used-node-4" not in docker("volume", "ls", "--format", "{{.Name}}")
    is_fresh(labctl)


def test_a_save_that_is_killed_leaves_ready_whole(labctl: Labctl) -> None:
    saving = ["snapshot", "save", "-n", "used", "cut"]
    labctl.killed_at(saving, lambda event: event["event"] == "progress" and "freezing" in event.get("text", ""))
    listed = json.loads(labctl("snapshot", "list", "-n", "used", "-o", "json").out)["snapshots"]
    assert [each["name"] for each in listed] == ["ready"]
    labctl("reset", "-n", "used", "--yes", "-o", "json")
    is_fresh(labctl)


def test_a_reset_that_is_killed_is_done_by_the_next(labctl: Labctl) -> None:
    reset = ["reset", "-n", "used", "--yes"]
    labctl.killed_at(reset, lambda event: event["event"] == "progress" and "again" in event.get("text", ""))
    labctl("reset", "-n", "used", "--yes", "-o", "json")
    is_fresh(labctl)


def test_destroy_takes_the_snapshots_along(labctl: Labctl) -> None:
    labctl("destroy", "--yes", "-n", "used")
    assert containers() == {}
    assert "labctl-used" not in docker("volume", "ls", "--format", "{{.Name}}")
    assert "labctl/snapshot-used" not in docker("image", "ls", "--format", "{{.Repository}}")
