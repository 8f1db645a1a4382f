"""Rendering: nothing from a lab file becomes code, and every object says what the plan says."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.errors import ToolError
from labctl.plan import NodePlan, default_plan
from labctl.render import (
    NodeEnvironment,
    VagrantRendering,
    render_inventory,
    render_kubeadm,
    render_vagrantfile,
    render_weave_net,
    ruby,
)

STAND_IN = Path(__file__).resolve().parents[2] / "labctl/sources/distribution/weave-net.yaml"
HOSTILE = [
    'plain # with a hash',
    '"; system("touch pwned"); "',
    '#{`touch pwned`}',
    "#$0 #@x \\#{1}",
    "\\",
    "line\nbreak\ttab\r\0\x1b[31m",
    "ümlaut 日本 \u2028 \u00a0",
    "%q(x) ' ` $HOME",
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_ruby_reads_back_what_was_written(text: str, tmp_path: Path) -> None:
    program = f'require "json"; print JSON.generate([{ruby(text)}])'
    done = subprocess.run(["ruby", "-e", program], capture_output=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout) == [text]
    assert list(tmp_path.iterdir()) == []


def test_ruby_literals_of_other_kinds() -> None:
    assert ruby([1, True, None, "a", {"b": False}]) == '[1, true, nil, "a", { "b" => false }]'
    with pytest.raises(TypeError):
        ruby(1.5)


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    nodes = [NodePlan(text, "worker", "192.168.50.11", 1, 1536) for text in HOSTILE[:-1]]
    plan = default_plan()
    hostile = replace(plan, name=HOSTILE[2], nodes=(plan.control_plane, *nodes))
    program = "class Vagrant; def self.configure(_); end; end; eval(STDIN.read); puts JSON.generate(NODES)"
    rendered = render_vagrantfile(hostile, VagrantRendering("virtualbox", ()))
    done = subprocess.run(
        ["ruby", "-rjson", "-e", program], input=rendered.encode(), capture_output=True, check=True, cwd=tmp_path
    )
    assert [node["name"] for node in json.loads(done.stdout)[1:]] == HOSTILE[:-1]
    assert list(tmp_path.iterdir()) == []
    inventory = yaml.safe_load(render_inventory(hostile, f"/{HOSTILE[0]}/ssh_config"))
    assert list(inventory["nodes"]["children"]["workers"]["hosts"]) == HOSTILE[:-1]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_control_plane_stays_a_name(text: str) -> None:
    plan = default_plan()
    hostile = replace(plan, nodes=(replace(plan.control_plane, name=text),))
    kubeadm = next(yaml.safe_load_all(render_kubeadm(hostile, NodeEnvironment())))
    assert kubeadm["nodeRegistration"]["name"] == text


def kubeadm(environment: NodeEnvironment) -> dict[str, dict[str, Any]]:
    objects = yaml.safe_load_all(render_kubeadm(default_plan(), environment))
    return {str(item["kind"]): item for item in objects}


def test_kubeadm_says_what_the_plan_says() -> None:
    found = kubeadm(NodeEnvironment())
    init, cluster = found["InitConfiguration"], found["ClusterConfiguration"]
    assert init["localAPIEndpoint"] == {"advertiseAddress": "192.168.50.10", "bindPort": 6443}
    assert init["nodeRegistration"]["kubeletExtraArgs"] == {"node-ip": "192.168.50.10"}
    assert "ignorePreflightErrors" not in init["nodeRegistration"]
    assert (cluster["kubernetesVersion"], cluster["imageRepository"]) == ("v1.21.1", "registry.k8s.io")
    assert cluster["networking"] == {"podSubnet": "10.32.0.0/12", "serviceSubnet": "10.96.0.0/12"}
    assert cluster["apiServer"]["certSANs"] == ["127.0.0.1", "localhost"]
    assert "dns" not in cluster  # kubeadm 1.21.1 would double the path coredns/coredns
    assert found["KubeletConfiguration"]["cgroupDriver"] == "systemd"
    assert {"failSwapOn", "resolvConf"}.isdisjoint(found["KubeletConfiguration"])
    assert "conntrack" not in found["KubeProxyConfiguration"]


def test_a_container_s_allowances_are_named_one_by_one() -> None:
    found = kubeadm(
        NodeEnvironment(
            container=True,
            fail_swap_on=False,
            resolv_conf="/run/labctl/resolv.conf",
            ignore_preflight={"Swap": "the host's"},
        )
    )
    assert found["InitConfiguration"]["nodeRegistration"]["ignorePreflightErrors"] == ["Swap"]
    assert found["KubeletConfiguration"]["failSwapOn"] is False
    assert found["KubeletConfiguration"]["resolvConf"] == "/run/labctl/resolv.conf"
    assert found["KubeProxyConfiguration"]["conntrack"] == {"maxPerCore": 0}


def test_the_environment_as_variables_is_plain_data() -> None:
    variables = NodeEnvironment(ignore_preflight={"Swap": "why"}).as_vars()
    assert json.loads(json.dumps(variables)) == variables
    assert set(variables) >= {"container", "runc_wrapper", "kernel_modules", "swap_off", "resolv_conf"}


def test_a_lab_of_one_node_has_an_empty_group_of_workers() -> None:
    plan = default_plan()
    lone = replace(plan, nodes=(plan.control_plane,))
    groups = yaml.safe_load(render_inventory(lone, "/lab/ssh_config"))["nodes"]["children"]
    assert groups["workers"] == {"hosts": {}}


def test_the_path_of_ssh_config_survives_two_quotings() -> None:
    path = "/home/ann/it's my lab/ssh_config"
    variables = yaml.safe_load(render_inventory(default_plan(), path))["nodes"]["vars"]
    assert shlex.split(variables["ansible_ssh_common_args"]) == ["-F", path]


def container(text: str, name: str = "weave") -> Mapping[str, Any]:
    for document in yaml.safe_load_all(text):
        for item in document["items"] if document["kind"] == "List" else [document]:
            if item["kind"] == "DaemonSet":
                spec = item["spec"]["template"]["spec"]
                return next(entry for entry in spec["containers"] if entry["name"] == name)  # type: ignore[no-any-return]
    raise AssertionError("no DaemonSet")


def variables(text: str) -> dict[str, str | None]:
    return {entry["name"]: entry.get("value") for entry in container(text)["env"]}


def weave_2_8_1() -> str:
    """The shape of the real manifest: one List; environment of the container weave as published."""
    env = [{"name": "HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]
    containers = [
        {"name": "weave", "image": "ghcr.io/weaveworks/launcher/weave-kube:2.8.1", "env": env},
        {"name": "weave-npc", "image": "weave-npc:2.8.1"},
    ]
    spec = {"template": {"spec": {"initContainers": [{"name": "weave-init"}], "containers": containers}}}
    items = [{"kind": "ServiceAccount"}, {"kind": "DaemonSet", "spec": spec}]
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items})


@pytest.mark.parametrize("manifest", [weave_2_8_1(), STAND_IN.read_text(encoding="utf-8")], ids=["2.8.1", "stand-in"])
def test_weave_net_gets_the_lab_s_settings(manifest: str) -> None:
    plan = default_plan()
    wide = replace(plan, network=replace(plan.network, pod_cidr="10.128.0.0/12"))
    text = render_weave_net(wide, manifest, fast_datapath=False)
    found = variables(text)
    assert found["IPALLOC_RANGE"] == "10.128.0.0/12"
    assert (found["CHECKPOINT_DISABLE"], found["WEAVE_NO_FASTDP"]) == ("1", "true")
    assert "HOSTNAME" in found
    assert container(text, "weave-npc")["imagePullPolicy"] == "IfNotPresent"
    assert "WEAVE_NO_FASTDP" not in variables(render_weave_net(plan, manifest))
    assert render_weave_net(wide, text, fast_datapath=False) == text


@pytest.mark.parametrize(("fast", "seconds", "period"), [(True, 0, 1), (False, 5, 10)])
def test_only_a_fast_lab_waits_less_for_weave_net(fast: bool, seconds: int, period: int) -> None:
    manifest = STAND_IN.read_text(encoding="utf-8").replace("periodSeconds: 1\n", "periodSeconds: 10\n")
    text = render_weave_net(replace(default_plan(), fast=fast), manifest)
    assert container(text, "weave")["readinessProbe"]["periodSeconds"] == period
    assert f"minReadySeconds: {seconds}\n" in text
    assert ("fast: true" in text) == fast


def test_only_the_stand_in_is_told_the_api_server_s_address() -> None:
    assert variables(render_weave_net(default_plan(), STAND_IN.read_text()))["API_HOST"] == "192.168.50.10"
    assert "API_HOST" not in variables(render_weave_net(default_plan(), weave_2_8_1()))


@pytest.mark.parametrize("manifest", ["", "a: [", "- 1", "kind: DaemonSet", "kind: ConfigMap"])
def test_a_manifest_that_is_none_is_refused(manifest: str) -> None:
    with pytest.raises(ToolError, match="weave-net manifest"):
        render_weave_net(default_plan(), manifest)
