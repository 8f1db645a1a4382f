"""The stand-in's manifest has the shape of weave-net's own, as the claims and the tutorial's pages show it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

MANIFEST = Path(__file__).parents[3] / "labctl" / "sources" / "distribution" / "weave-net.yaml"


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    return {item["kind"]: item for item in yaml.safe_load(MANIFEST.read_text())["items"]}


@pytest.fixture(scope="module")
def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = objects["DaemonSet"]["spec"]["template"]["spec"]
    return spec


def test_objects(objects: dict[str, dict[str, Any]]) -> None:
    assert sorted(objects) == ["ClusterRole", "ClusterRoleBinding", "DaemonSet", "ServiceAccount"]
    assert {item["metadata"]["name"] for item in objects.values()} == {"weave-net"}
    assert objects["DaemonSet"]["metadata"]["namespace"] == "kube-system"


def test_daemonset_runs_on_every_node(objects: dict[str, dict[str, Any]], pod: dict[str, Any]) -> None:
    spec = objects["DaemonSet"]["spec"]
    assert spec["selector"] == {"matchLabels": {"name": "weave-net"}}
    assert spec["updateStrategy"] == {"type": "RollingUpdate"}
    assert spec["minReadySeconds"] == 5
    assert "nodeSelector" not in pod
    assert {(t["effect"], t["operator"]) for t in pod["tolerations"]} == {
        ("NoSchedule", "Exists"),
        ("NoExecute", "Exists"),
    }
    assert pod["hostNetwork"] is True
    assert pod["priorityClassName"] == "system-node-critical"


def test_containers_are_the_bundles_and_named_as_weaves(pod: dict[str, Any]) -> None:
    images = {c["name"]: c["image"] for c in pod["initContainers"] + pod["containers"]}
    assert images == {
        "weave-init": "labctl.local/weave-kube-standin:1",
        "weave": "labctl.local/weave-kube-standin:1",
        "weave-npc": "labctl.local/weave-npc-standin:1",
    }
    assert {c["imagePullPolicy"] for c in pod["initContainers"] + pod["containers"]} == {"IfNotPresent"}
    assert pod["containers"][0]["readinessProbe"] == {
        "httpGet": {"host": "127.0.0.1", "path": "/status", "port": 6784},
        "periodSeconds": 1,
    }


def test_range_and_api_address_are_environment_entries_of_weave(pod: dict[str, Any]) -> None:
    entries = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    assert entries == {"HOSTNAME": None, "IPALLOC_RANGE": "10.32.0.0/12", "API_HOST": "", "API_PORT": "6443"}
