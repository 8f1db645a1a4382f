"""A lab that has slept for more than a year: every certificate has expired, and it works again. Tests go in order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labctl.facts.certificates import CONTROL_PLANE, KUBECTL, KUBELET, UNFINISHED
from tests.e2e.conftest import Labctl, docker, four_nodes
from tests.e2e.expired import days_left, expire
from tests.hard_use import NODES
from tests.hard_use import in_container as on

pytestmark = pytest.mark.e2e

MASTER, *WORKERS = (f"labctl-asleep-{name}" for name in NODES)


def lab(labctl: Labctl) -> Path:
    return labctl.data / "labs" / "asleep"


def kubectl(arguments: str) -> str:
    """kubectl as the tutorial's ordinary user on the master."""
    return on(MASTER, f"runuser -u vagrant -- env HOME=/home/vagrant kubectl {arguments}")


def claims(labctl: Labctl) -> dict[str, Any]:
    return dict(json.loads(labctl("verify", "-n", "asleep", "-o", "json", code=None).out))


def fall_asleep(labctl: Labctl) -> None:
    expire(MASTER, WORKERS, lab(labctl) / "kubeconfig")
    report = claims(labctl)
    assert report["outcome"] in ("fail", "error")
    outcomes = {each["id"]: each["outcome"] for each in report["checks"]}
    assert outcomes["nodes.ready"] == "error"
    assert outcomes["kubelet.service"] == "fail"


def is_awake(labctl: Labctl) -> None:
    """Everything is good for a year, all claims hold, and what the learner had made is there and runs."""
    report = claims(labctl)
    assert report["outcome"] in ("pass", "drift"), report
    left = {path: days_left(MASTER, path) for path in (*CONTROL_PLANE, *KUBELET, *KUBECTL)}
    left |= {f"{path} on {node}": days_left(node, path) for node in WORKERS for path in KUBELET}
    assert {path: days for path, days in left.items() if not 363 < days < 366} == {}
    kubectl("--namespace default rollout status deployment mine --timeout=60s")
    assert "lesson" in kubectl("config view --output 'jsonpath={.contexts[*].context.namespace}'")
    assert labctl("kubectl", "-n", "asleep", "--", "get", "nodes", "--no-headers").out.count(" Ready ") == 4
    for node in (MASTER, *WORKERS):
        assert on(node, f"ls {UNFINISHED} /run/labctl/kubelet-client.pem 2>/dev/null || true") == ""


def test_a_lab_that_somebody_works_with(labctl: Labctl) -> None:
    (labctl.folder / "asleep.yml").write_text(four_nodes("asleep", "192.168.61"))
    labctl("up", "-f", "asleep.yml", "-o", "json")
    image = re.search(r"\S+busybox\S*:\S+", on(MASTER, "docker images --format '{{.Repository}}:{{.Tag}}'"))
    assert image is not None
    kubectl(f"create deployment mine --image {image[0]} --replicas=3 -- sleep 100000")
    kubectl("rollout status deployment mine --timeout=60s")
    kubectl("config set-context --current --namespace lesson")


def test_resume_renews_what_has_expired(labctl: Labctl) -> None:
    fall_asleep(labctl)
    labctl("snapshot", "save", "-n", "asleep", "old")
    labctl("halt", "-n", "asleep")
    resumed = labctl("resume", "-n", "asleep", "-o", "json")
    assert resumed.steps("step_finished") == ["create_machines", "certificates", "wait_ready"]
    is_awake(labctl)


def test_up_renews_what_has_expired_and_nothing_twice(labctl: Labctl) -> None:
    fall_asleep(labctl)
    raised = labctl("up", "-f", "asleep.yml", "-o", "json")
    assert "certificates" in raised.steps("step_finished")
    is_awake(labctl)
    assert labctl("up", "-f", "asleep.yml", "-o", "json").steps("step_started") == []


def test_a_restored_snapshot_may_be_older_than_its_certificates(labctl: Labctl) -> None:
    restored = labctl("snapshot", "restore", "-n", "asleep", "old", "--yes", "-o", "json")
    assert restored.steps("step_finished") == ["restore_machines", "certificates", "wait_ready"]
    is_awake(labctl)


def test_no_key_is_left_on_this_computer(labctl: Labctl) -> None:
    keys = [on(node, f"sed -n '/PRIVATE KEY-----/,$p' {KUBELET[0]}").splitlines()[1] for node in (MASTER, *WORKERS)]
    keys += re.findall(r"client-key-data: (\S{100})", on(MASTER, "cat /etc/kubernetes/*.conf"))
    for path in (path for path in lab(labctl).rglob("*") if path.is_file() and path.name != "kubeconfig"):
        text = path.read_text(errors="replace")
        assert not [key for key in keys if key in text], path


def test_destroy(labctl: Labctl) -> None:
    labctl("destroy", "--yes", "-n", "asleep")
    assert "labctl-asleep" not in docker("ps", "--all", "--format", "{{.Names}}")
