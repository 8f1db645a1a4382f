"""Rules of the lab's networks: the nodes' /24, pods, services, Docker's bridge; their sizes and overlaps.

Routes of this computer are no business of a lab file: `up` looks at them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from labctl.config import values
from labctl.config.faults import Fault, Path, readable_nodes

# docker0's default on every node (dockerd's default bridge; the lab never changes it).
DOCKER_BRIDGE = ipaddress.IPv4Network("172.17.0.0/16")
# kubeadm 1.21 gives every node a /24 of the pods' network, and its allocator takes at most 16 bits of node networks.
NODE_PREFIX, POD_MIN_PREFIX = 24, 8
# kube-apiserver takes at most 20 bits of services (options/validation.go), kube-dns has the tenth address.
SERVICE_MIN_PREFIX, SERVICE_MAX_PREFIX = 12, 28

_DEFAULTS = {"pod_cidr": "10.32.0.0/12", "service_cidr": "10.96.0.0/12"}


@dataclass(frozen=True)
class _Named:
    """A network under the name that the user knows it by, and where it stands in the file (if it does)."""

    name: str
    network: ipaddress.IPv4Network
    path: Path | None


def faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """All mistakes of addresses and networks that concern more than one value."""
    nodes = _addresses(data)
    pods, services = _network(data, "pod_cidr"), _network(data, "service_cidr")
    if pods:
        yield from _pod_size(pods, len(readable_nodes(data)))
    if services:
        yield from _service_size(services)
    home = _home(nodes)
    if home:
        yield from _strangers(home, nodes)
    bridge = _Named("Docker's bridge on the nodes", DOCKER_BRIDGE, None)
    known = [named for named in (home, pods, services, bridge) if named]
    for one, other in combinations(known, 2):
        if one.network.overlaps(other.network):
            path = one.path or other.path or ("nodes",)
            message = f"{one.name} and {other.name} overlap"
            yield Fault(path, message, f"{one.network} and {other.network}")


def _addresses(data: Mapping[str, Any]) -> list[tuple[int, str, ipaddress.IPv4Address]]:
    """Index, role and address of the nodes whose address is a possible one."""
    found = []
    for index, node in readable_nodes(data):
        text = node.get("ip")
        if isinstance(text, str):
            try:
                found.append((index, str(node.get("role")), ipaddress.IPv4Address(values.node_ip(text))))
            except ValueError:  # told by the model; pydantic's own errors are ValueErrors
                continue
    return found


def _network(data: Mapping[str, Any], key: str) -> _Named | None:
    section = data.get("network")
    given = section.get(key) if isinstance(section, Mapping) else None
    text = _DEFAULTS[key] if given is None else given
    try:
        network = ipaddress.IPv4Network(values.cidr(text if isinstance(text, str) else ""))
    except ValueError:  # told by the model
        return None
    return _Named(key, network, ("network", key) if given is not None else None)


def _home(nodes: list[tuple[int, str, ipaddress.IPv4Address]]) -> _Named | None:
    """The nodes' /24: the control plane's, or else the first node's."""
    chosen = [entry for entry in nodes if entry[1] == "control-plane"] or nodes
    if not chosen:
        return None
    index, _, address = chosen[0]
    network = ipaddress.IPv4Network((address, 24), strict=False)
    return _Named("the nodes' network", network, ("nodes", index, "ip"))


def _strangers(home: _Named, nodes: list[tuple[int, str, ipaddress.IPv4Address]]) -> Iterator[Fault]:
    for index, _, address in nodes:
        if address not in home.network:
            message = f"ip is outside the nodes' network {home.network}, which the control plane's address gives"
            yield Fault(("nodes", index, "ip"), message, str(address))


def _pod_size(pods: _Named, nodes: int) -> Iterator[Fault]:
    prefix, path = pods.network.prefixlen, pods.path or ("network",)
    if prefix > NODE_PREFIX:
        yield Fault(path, f"pod_cidr is too small: every node takes a /{NODE_PREFIX} of it", str(pods.network))
    elif 2 ** (NODE_PREFIX - prefix) < nodes:
        room = 2 ** (NODE_PREFIX - prefix)
        message = f"pod_cidr is too small for {nodes} nodes: every node takes a /{NODE_PREFIX}, there are {room}"
        yield Fault(path, message, str(pods.network))
    if prefix < POD_MIN_PREFIX:
        yield Fault(path, f"pod_cidr is too large: kubeadm takes /{POD_MIN_PREFIX} at most", str(pods.network))


def _service_size(services: _Named) -> Iterator[Fault]:
    prefix, path = services.network.prefixlen, services.path or ("network",)
    if prefix > SERVICE_MAX_PREFIX:
        message = f"service_cidr is too small: kube-dns gets the tenth address, so a /{SERVICE_MAX_PREFIX} at least"
        yield Fault(path, message, str(services.network))
    if prefix < SERVICE_MIN_PREFIX:
        message = f"service_cidr is too large: the API server takes a /{SERVICE_MIN_PREFIX} at most"
        yield Fault(path, message, str(services.network))
