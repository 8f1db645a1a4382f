"""The plan: what its fingerprint stands for, and that only a plan is read as one."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from labctl.assets import asset
from labctl.config import load_config
from labctl.errors import ConfigError
from labctl.plan import Box, LabPlan, NetworkPlan, default_plan, expected_bundle, make_plan
from labctl.releases import RELEASES

PLAN = default_plan()
MASTER = PLAN.nodes[0]

SAME_NODES_MADE = {
    "why this provider": replace(PLAN, provider_reason="another reason"),
    "why this source": replace(PLAN, bundle=replace(PLAN.bundle, reason="another reason")),
    "where the bundle lies": replace(PLAN, bundle=replace(PLAN.bundle, path="/media/usb")),
    "what the source is called": replace(PLAN, bundle=replace(PLAN.bundle, source="folder")),
}
OTHER_NODES_MADE = {
    "the lab's name": replace(PLAN, name="other"),
    "the provider": replace(PLAN, provider="docker"),
    "the release": replace(PLAN, release="other"),
    "a node's name": replace(PLAN, nodes=(replace(MASTER, name="head"), *PLAN.nodes[1:])),
    "a node's address": replace(PLAN, nodes=(replace(MASTER, ip="192.168.50.9"), *PLAN.nodes[1:])),
    "a node's memory": replace(PLAN, nodes=(replace(MASTER, memory_mb=4096), *PLAN.nodes[1:])),
    "a node's processors": replace(PLAN, nodes=(replace(MASTER, cpus=4), *PLAN.nodes[1:])),
    "nodes' roles": replace(
        PLAN, nodes=(replace(MASTER, role="worker"), replace(PLAN.nodes[1], role="control-plane"), *PLAN.nodes[2:])
    ),
    "a node less": replace(PLAN, nodes=PLAN.nodes[:-1]),
    "the pods' network": replace(PLAN, network=NetworkPlan("10.64.0.0/12", "10.96.0.0/12")),
    "the services' network": replace(PLAN, network=NetworkPlan("10.32.0.0/12", "10.112.0.0/12")),
    "the bundle's content": replace(PLAN, bundle=replace(PLAN.bundle, fingerprint="0123456789abcdef")),
    "the image repository": replace(PLAN, bundle=replace(PLAN.bundle, image_repository="example.org")),
    "an image's tag": replace(PLAN, bundle=replace(PLAN.bundle, image_tags={"etcd": "0"})),
    "the nodes' system": replace(PLAN, bundle=replace(PLAN.bundle, node_os="debian-12")),
    "a version": default_plan("v1.20.2"),
    "the box": replace(PLAN, box=Box(name="generic/debian12")),
}


@pytest.mark.parametrize("what", SAME_NODES_MADE)
def test_what_makes_no_difference_on_nodes_does_not_change_the_fingerprint(what: str) -> None:
    assert SAME_NODES_MADE[what] != PLAN
    assert SAME_NODES_MADE[what].fingerprint() == PLAN.fingerprint()


@pytest.mark.parametrize("what", OTHER_NODES_MADE)
def test_what_makes_a_difference_on_nodes_changes_the_fingerprint(what: str) -> None:
    assert OTHER_NODES_MADE[what].fingerprint() != PLAN.fingerprint()


def test_fingerprints_are_distinct_and_short() -> None:
    prints = [plan.fingerprint() for plan in OTHER_NODES_MADE.values()]
    assert len(set(prints)) == len(prints)
    assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for one in prints)


def test_the_order_of_image_tags_does_not_change_the_fingerprint() -> None:
    tags = dict(reversed(list(PLAN.bundle.image_tags.items())))
    assert replace(PLAN, bundle=replace(PLAN.bundle, image_tags=tags)).fingerprint() == PLAN.fingerprint()


@pytest.mark.parametrize("plan", [PLAN, *OTHER_NODES_MADE.values()], ids=lambda plan: plan.fingerprint())
def test_a_plan_comes_back_from_json(plan: LabPlan) -> None:
    again = LabPlan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert again.fingerprint() == plan.fingerprint()


def without(*path: str) -> dict[str, Any]:
    data = copy.deepcopy(PLAN.to_json())
    here = data
    for key in path[:-1]:
        here = here[key]
    del here[path[-1]]
    return data


def with_value(value: object, *path: Any) -> dict[str, Any]:
    data = copy.deepcopy(PLAN.to_json())
    here: Any = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return data


JUNK = [
    {},
    [],
    None,
    "text",
    3,
    *(without(key) for key in ("name", "release", "provider", "provider_reason", "nodes", "network", "bundle")),
    without("bundle", "versions"),
    without("bundle", "versions", "etcd"),
    without("bundle", "path"),
    without("network", "pod_cidr"),
    with_value(None, "nodes"),
    with_value([{}], "nodes"),
    with_value([1], "nodes"),
    with_value([], "nodes"),
    with_value("x", "network"),
    with_value("x", "bundle"),
    with_value({"colour": "red"}, "box"),
    with_value("more", "nodes", 0, "unknown"),
    with_value("worker", "nodes", 0, "role"),
    with_value("boss", "nodes", 0, "role"),
    with_value("control-plane", "nodes", 1, "role"),
    with_value(7, "nodes", 0, "name"),
    with_value(None, "nodes", 0, "ip"),
    with_value("2", "nodes", 0, "cpus"),
    with_value([], "nodes", 0, "memory_mb"),
    with_value(1, "network", "pod_cidr"),
    with_value("not a network", "network", "service_cidr"),
    with_value(["etcd"], "bundle", "image_tags"),
    with_value(None, "bundle", "fingerprint"),
    with_value(21, "bundle", "versions", "kubernetes"),
]


@pytest.mark.parametrize("data", JUNK, ids=range(len(JUNK)))
def test_what_is_no_plan_is_a_clear_error(data: Any) -> None:
    with pytest.raises(ConfigError, match="this plan cannot be read") as caught:
        LabPlan.from_json(data)
    assert caught.value.hint


def test_a_node_by_name() -> None:
    assert PLAN.node("node-2").ip == "192.168.50.12"
    with pytest.raises(ConfigError, match="has no node node-9") as caught:
        PLAN.node("node-9")
    assert caught.value.hint == "its nodes are k8s-master, node-1, node-2, node-3"


def test_addresses_that_follow_from_networks() -> None:
    network = NetworkPlan("10.32.0.0/12", "172.30.0.0/16")
    assert (network.api_service_ip, network.dns_ip) == ("172.30.0.1", "172.30.0.10")
    assert PLAN.api_endpoint == "https://192.168.50.10:6443"


@pytest.mark.parametrize("source", ["upstream", "distribution"])
def test_the_default_lab_file_is_the_tutorials_own_lab(source: str) -> None:
    config = load_config(asset("vagrant", "lab.yml"))
    made = make_plan(config, expected_bundle(source, "a test", "/bundle"), "virtualbox", "a test")
    assert (made.nodes, made.network, made.name) == (PLAN.nodes, PLAN.network, PLAN.name)
    assert made.versions == RELEASES["tutorial"].supplies[source].versions
    assert made.bundle.fingerprint == ""
