"""Part 6 of the tutorial, nodes in the wide form: operating system and container runtime."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from labctl.checks.model import At, Check
from labctl.checks.part2_nodes import GET_NODES_WIDE, member, node_row, or_missing, row_or_none, seen
from labctl.facts import Facts
from labctl.releases import TUTORIAL

_DOCKER_SERIES = re.compile(rf"^docker://{re.escape(TUTORIAL.docker_series)}\.\d+")
_SHOWN = TUTORIAL.tutorial


def observe_os(facts: Facts, at: At) -> dict[str, str] | None:
    """The node's system and kernel, and the system that most of the lab's nodes have (the master's on a tie)."""
    node = member(facts, at)
    if node is None:
        return None
    planned = {each.name for each in at.plan.nodes}
    systems = {each.name: each.info("osImage") for each in facts.nodes() if each.name in planned}
    counts = Counter(systems.values())
    master = systems.get(at.plan.control_plane.name)
    common = max(counts, key=lambda system: (counts[system], system == master))
    system = seen(node, node.info("osImage"), "operating system")
    return {"os": system, "kernel": node.info("kernelVersion"), "os of the lab": common}


def compare_os(expected: dict[str, str], actual: Any) -> str | None:  # noqa: ANN401 - what was observed
    """Other than the tutorial's, or other than the rest of the lab's."""
    if actual is None:
        return or_missing(expected, actual)
    if actual["os"] != actual["os of the lab"]:
        return f"it runs {actual['os']}, the other nodes {actual['os of the lab']}"
    return None if actual["os"] == expected["os"] else f"it runs {actual['os']}"


def os_drift(expected: dict[str, str], actual: Any) -> str | None:  # noqa: ANN401 - what was observed
    """The same other system on all nodes changes no lesson."""
    if actual is None or actual["os"] != actual["os of the lab"] or actual["os"] == expected["os"]:
        return None
    return (
        f"{actual['os']} with kernel {actual['kernel']} on all nodes, where the tutorial has {expected['os']}: "
        "the components and commands are the same"
    )


OS = Check(
    id="nodes.os",
    scope="node",
    title="the node's operating system",
    source="Part 6, nodes",
    command=GET_NODES_WIDE,
    shown="NAME   OS-IMAGE   KERNEL-VERSION\n{node}   Ubuntu 20.04.2 LTS   5.4.0-73-generic",
    judged="Ubuntu 20.04.2 LTS; another system is DRIFT, but nodes that differ among themselves FAIL",
    breaks="make one node from another box",
    fix="labctl up --from create_machines",
    expect=lambda _: {"os": _SHOWN.os_image},
    observe=observe_os,
    compare=compare_os,
    drift=os_drift,
    show=lambda actual: node_row(actual["os"], actual.get("kernel", "")) if actual else row_or_none(None),
)


def observe_runtime(facts: Facts, at: At) -> str | None:
    """The CONTAINER-RUNTIME column."""
    node = member(facts, at)
    return None if node is None else seen(node, node.info("containerRuntimeVersion"), "container runtime")


def compare_runtime(expected: str, actual: str | None) -> str | None:
    """Docker of the tutorial's series, or not."""
    if actual is None or not _DOCKER_SERIES.match(actual):
        return or_missing(expected, actual)
    return None


def runtime_drift(_expected: str, actual: str | None) -> str | None:
    """Another patch level of the same series."""
    if actual is None or not _DOCKER_SERIES.match(actual) or actual == f"docker://{_SHOWN.docker}":
        return None
    return f"{actual} where the tutorial shows docker://{_SHOWN.docker}: another patch level of the same series"


RUNTIME = Check(
    id="nodes.runtime",
    scope="node",
    title="the node's container runtime is Docker",
    source="Part 6, nodes",
    command=GET_NODES_WIDE,
    shown="NAME   CONTAINER-RUNTIME\n{node}   docker://20.10.6",
    judged=f"docker://{TUTORIAL.docker_series}.x; another patch level than the tutorial's is DRIFT",
    breaks="start the kubelet with --container-runtime=remote",
    fix="labctl up --from docker",
    expect=lambda _: f"docker://{TUTORIAL.docker_series}.x",
    observe=observe_runtime,
    compare=compare_runtime,
    drift=runtime_drift,
    show=row_or_none,
)

CHECKS = (OS, RUNTIME)
