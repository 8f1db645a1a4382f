"""A smaller lab whose nodes get the bundle over SSH, as virtual machines do, and which has kubeadm's own settings."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Labctl, docker, static_pods

pytestmark = pytest.mark.e2e

LAB = """
name: copied
provider: docker
fast: false
nodes:
  - {name: head, role: control-plane, ip: 192.168.60.10}
  - {name: hand, role: worker, ip: 192.168.60.11}
network: {pod_cidr: 10.64.0.0/12}
"""


def test_up_with_the_bundle_over_ssh(labctl: Labctl) -> None:
    (labctl.folder / "copied.yml").write_text(LAB)
    ended = labctl("up", "-f", "copied.yml", "--copy-bundle", "-o", "json")
    said = [event["text"] for event in ended.events if event["event"] == "progress"]
    assert any("files of the bundle over SSH" in text for text in said)
    mounts = docker("inspect", "--format", "{{json .Mounts}}", "labctl-copied-hand")
    assert "/opt/labctl/bundle" not in [mount["Destination"] for mount in json.loads(mounts)]


def test_the_settings_are_kubeadms_own(labctl: Labctl) -> None:
    manifests = static_pods("labctl-copied-head")
    for component, text in manifests.items():
        assert "startupProbe" in text, component
    assert "--allocate-node-cidrs=true" in manifests["kube-controller-manager"]
    assert "--leader-elect=true" in manifests["kube-controller-manager"]
    assert "--leader-elect=true" in manifests["kube-scheduler"]
    assert "--kube-api-qps" not in manifests["kube-controller-manager"]
    kubelet = docker("exec", "labctl-copied-head", "cat", "/var/lib/kubelet/config.yaml")
    assert "syncFrequency: 0s" in kubelet
    assert "nodeStatusUpdateFrequency: 0s" in kubelet
    assert "RSA" in docker("exec", "labctl-copied-head", "head", "-1", "/etc/kubernetes/pki/apiserver.key")


def test_a_second_up_copies_nothing(labctl: Labctl) -> None:
    ended = labctl("up", "-f", "copied.yml", "-o", "json")
    assert ended.steps("step_started") == []


def test_destroy(labctl: Labctl) -> None:
    labctl("destroy", "--yes", "-n", "copied")
    assert "labctl-copied" not in docker("ps", "--all", "--format", "{{.Names}}")
    assert "labctl-copied" not in docker("volume", "ls", "--format", "{{.Name}}")
