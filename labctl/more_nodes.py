"""`labctl node add` and `remove`: a lab with other nodes than its lab file has, kept in the lab's folder."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from labctl.errors import ConfigError, UsageError
from labctl.lifecycle import MakeReporter, at_work, walked
from labctl.plan import NodePlan
from labctl.steps.step import Lab, Step
from labctl.workspace import nodes_setting

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport


def add_nodes(lab: Lab, count: int, make_reporter: MakeReporter) -> CheckReport:
    """Bring up count more workers, like the last one there is, and judge the lab. Raises LabctlError."""
    from labctl.steps.recipes import UP

    nodes = list(lab.plan.nodes)
    for _ in range(count):
        nodes.append(next_node(nodes))
    return _bring_up(lab, nodes, UP, "node add", make_reporter)


def remove_node(lab: Lab, name: str, make_reporter: MakeReporter) -> CheckReport:
    """Drain a worker, remove it, and judge the lab. Raises LabctlError."""
    from labctl.steps.recipes import UP
    from labctl.steps.remove_node import RemoveNode

    if lab.plan.node(name).role == "control-plane":
        raise UsageError(f"{name} is the control plane: without it there is no cluster", hint="labctl destroy")
    nodes = [node for node in lab.plan.nodes if node.name != name]
    return _bring_up(lab, nodes, (RemoveNode(name), *UP), "node remove", make_reporter)


def next_node(nodes: Sequence[NodePlan]) -> NodePlan:
    """A worker after the last: the next number in name and address. Raises ConfigError where the network is full."""
    last = next((node for node in reversed(nodes) if node.role == "worker"), None)
    template = last or replace(nodes[0], name="node-0", role="worker", cpus=1, memory_mb=1536)
    stem, number = re.fullmatch(r"(.*?)(\d*)", template.name).groups()  # type: ignore[union-attr]
    names = {node.name for node in nodes}
    counter = int(number or 0) + 1
    while f"{stem}{counter}" in names:
        counter += 1
    address = max(ipaddress.IPv4Address(node.ip) for node in nodes) + 1
    network = ipaddress.ip_network(f"{nodes[0].ip}/24", strict=False)
    if address not in network or address == network.broadcast_address:
        raise ConfigError(f"there is no address left in {network}", hint="labctl node remove NAME makes room")
    return replace(template, name=f"{stem}{counter}", ip=str(address))


def _bring_up(
    lab: Lab, nodes: Sequence[NodePlan], recipe: tuple[Step, ...], command: str, make_reporter: MakeReporter
) -> CheckReport:
    """Walk the recipe with these nodes; from now on `labctl up` means them, also to finish what is cut here."""
    with at_work(replace(lab, plan=replace(lab.plan, nodes=tuple(nodes))), command, make_reporter) as (working, run_id):
        working.workspace.set_setting(nodes_setting.KEY, [asdict(node) for node in nodes])
        return walked(recipe, working, run_id)
