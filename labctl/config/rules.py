"""Rules between the values of a lab file: number of nodes, roles, names and addresses given twice.

Sizes and networks have files of their own. Every mistake is to be told at once, so rules take data as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labctl.config import networks, sizes
from labctl.config.faults import MAX_NODES, Entry, Fault, readable_nodes


def faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """All mistakes of a lab's data that concern more than one value."""
    nodes = readable_nodes(data)
    yield from _count(data)
    if nodes and len(nodes) == len(data["nodes"]):
        yield from _roles(nodes)
    yield from _duplicates(nodes, "name")
    yield from _duplicates(nodes, "ip")
    for entry in nodes:
        yield from sizes.faults(entry)
    yield from networks.faults(data)
    checksum = data.get("box_checksum")
    if isinstance(checksum, str) and data.get("box_url") is None:
        yield Fault(("box_checksum",), "box_checksum needs the box_url that it is the checksum of", checksum)


def _count(data: Mapping[str, Any]) -> Iterator[Fault]:
    nodes = data.get("nodes")
    if not isinstance(nodes, list | tuple):
        return
    if not nodes:
        yield Fault(("nodes",), "nodes must hold at least the control plane", "no nodes")
    if len(nodes) > MAX_NODES:
        message = f"nodes can be {MAX_NODES} at most, one computer carries no more"
        yield Fault(("nodes",), message, f"{len(nodes)} nodes")


def _roles(nodes: list[Entry]) -> Iterator[Fault]:
    control_planes = [entry for entry in nodes if entry[1].get("role") == "control-plane"]
    # A misspelt role is told as such; that the control plane is missing would only follow from it.
    if not control_planes and all(node.get("role") == "worker" for _, node in nodes):
        yield Fault(("nodes",), "one node must have the role control-plane", f"{len(nodes)} of role worker")
    for entry in control_planes[1:]:
        message = f"only one node can be the control plane, and {_label(control_planes[0])} is"
        yield Fault(("nodes", entry[0], "role"), message, f"control-plane for {_label(entry)}")


def _label(entry: Entry) -> str:
    index, node = entry
    name = node.get("name")
    return name if isinstance(name, str) else f"node {index + 1} of the list"


def _duplicates(nodes: list[Entry], key: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, node in nodes:
        value = node.get(key)
        if not isinstance(value, str):
            continue
        if value in first:
            message = f"the same {key} stands for nodes {first[value] + 1} and {index + 1} of the list"
            yield Fault(("nodes", index, key), message, value)
        first.setdefault(value, index)
