"""Part 3 of the tutorial, container runtime: the network of docker0, and which one Docker takes if 172.17 is in use."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from labctl.checks.docker_facts import require_docker
from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObservedError, need
from labctl.facts.observed import field, typed

_BRIDGE = "docker0"
_ASSIGNED = "Default bridge (docker0) is assigned with an IP address"
# Docker's default address pools, in the order in which it tries them (claims.md).
_POOLS = tuple(IPv4Network(f"172.{second}.0.0/16") for second in range(17, 32))


def networks(interface: Mapping[str, Any]) -> list[str]:
    """IPv4 networks of an interface as `ip -j addr` lists them. Raises NotObservedError where they are unreadable."""
    found = []
    for each in field(interface, "addr_info", list, [], of="ip-addr.json"):
        entry = typed(each, dict, "an address in ip-addr.json")
        if entry.get("family") == "inet":
            text = f"{entry.get('local')}/{entry.get('prefixlen')}"
            try:
                found.append(str(IPv4Network(text, strict=False)))
            except ValueError:
                raise NotObservedError(f"ip-addr.json holds an address that is none: {text}") from None
    return found


def observe_bridge(facts: Facts, at: At) -> dict[str, list[str]]:
    """Networks of docker0, and those of all other interfaces."""
    require_docker(facts, at)
    bridge: list[str] = []
    others: list[str] = []
    for interface in need(facts.machine(at.node.name).ip_addr):
        (bridge if interface.get("ifname") == _BRIDGE else others).extend(networks(interface))
    return {_BRIDGE: bridge, "other interfaces": sorted(set(others))}


def compare_bridge(expected: dict[str, list[str]], actual: dict[str, list[str]]) -> str | None:
    """docker0's network alone."""
    if actual[_BRIDGE] == expected[_BRIDGE]:
        return None
    return f"docker0 has {', '.join(actual[_BRIDGE]) or 'no IPv4 network'}, not {expected[_BRIDGE][0]}"


def pool_drift(expected: dict[str, list[str]], actual: dict[str, list[str]]) -> str | None:
    """Docker takes the first of its pools that overlaps with no other interface."""
    taken = [IPv4Network(each) for each in actual["other interfaces"]]
    first = next((pool for pool in _POOLS if not any(pool.overlaps(each) for each in taken)), None)
    if actual[_BRIDGE] == expected[_BRIDGE] or first is None or actual[_BRIDGE] != [str(first)]:
        return None
    return f"docker0 has {first}: the first of Docker's networks that no other interface of this node overlaps"


BRIDGE = Check(
    id="docker.bridge",
    scope="node",
    title="docker0 has Docker's default network",
    source="Part 3, container runtime",
    command="systemctl status docker",
    shown=f"{_ASSIGNED} 172.17.0.0/16",
    judged="docker0 has 172.17.0.0/16; DRIFT if it has the first of 172.17 to 172.31 (/16) that no other interface of "
    "the node overlaps",
    breaks='set "bip": "172.30.0.1/24" in /etc/docker/daemon.json, systemctl restart docker',
    fix="labctl up --from docker",
    expect=lambda _: {_BRIDGE: [str(_POOLS[0])]},
    observe=observe_bridge,
    compare=compare_bridge,
    drift=pool_drift,
    show=lambda value: f"{_ASSIGNED} {', '.join(value[_BRIDGE]) or 'that is none'}",
)
