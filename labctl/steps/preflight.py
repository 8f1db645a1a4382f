"""What `up` asks of this computer before it begins: routes that collide with the lab's networks, room on the disk.

The lab's own routes are left aside; the provider's needs are the provider's own business (Provider.unusable).
"""

from __future__ import annotations

import ipaddress
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ConfigError, ToolError
from labctl.plan import LabPlan
from labctl.steps.step import Lab

# Devices that the lab's providers make for the nodes' network: Docker's, libvirt's and VirtualBox's.
_OWN_DEVICES = ("br-", "virbr", "vboxnet")
# Four nodes with their images need about 4 GB with containers; a virtual machine more. Below this nothing ends well.
_MACHINES_MB = 5000
# What machines that are there still need, to be healed and to run.
_HEALING_MB = 500
# Logs, keys, what Vagrant and Ansible write.
_LAB_MB = 50


@dataclass(frozen=True)
class Route:
    """One route of this computer: its IPv4 network and the device that it leaves by."""

    network: ipaddress.IPv4Network
    device: str


def routes(runner: ProcessRunner) -> list[Route]:
    """Routes of this computer without the default one; empty where there is no `ip` (macOS, Windows)."""
    if shutil.which("ip") is None:
        return []
    answer = runner.run(["ip", "-j", "-4", "route", "show", "table", "main"], timeout=10)
    try:
        rows = json.loads(answer.stdout or "[]")
        found = [(str(row["dst"]), str(row.get("dev", ""))) for row in rows if row.get("dst") != "default"]
        return [Route(ipaddress.IPv4Network(dst), device) for dst, device in found]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"the answer of `ip route` cannot be read: {error}", command=answer.command) from None


def collisions(plan: LabPlan, table: Iterable[Route]) -> list[str]:
    """One sentence for each route that takes a network of the lab away from it."""
    nodes = ipaddress.IPv4Network(f"{plan.control_plane.ip}/24", strict=False)
    networks = {
        "the nodes' network": nodes,
        "the pod network": ipaddress.IPv4Network(plan.network.pod_cidr),
        "the service network": ipaddress.IPv4Network(plan.network.service_cidr),
    }
    return [
        f"{what} {network} overlaps the route {route.network} by {route.device} of this computer"
        for what, network in networks.items()
        for route in table
        if route.network.overlaps(network) and not _own(route, nodes)
    ]


def _own(route: Route, nodes: ipaddress.IPv4Network) -> bool:
    return route.network == nodes and route.device.startswith(_OWN_DEVICES)


def rooms(lab: Lab) -> dict[Path, int]:
    """Folders of this computer, and how many MB their disks must have left for `up`."""
    needed = {lab.workspace.root: _LAB_MB}
    place = lab.provider.room(lab.workspace.root, lab.host)
    if place is not None:
        needed[place] = _HEALING_MB if lab.all_there() else _MACHINES_MB
    return needed


def preflight(plan: LabPlan, runner: ProcessRunner, needed: Mapping[Path, int]) -> None:
    """Raise ConfigError where networks collide, ToolError where a disk has no room for the lab (rooms)."""
    found = collisions(plan, routes(runner))
    if found:
        raise ConfigError(
            "networks of the lab collide with this computer's own",
            problems=found,
            hint="choose other networks in the lab file, or disconnect what brings the route (a VPN?)",
        )
    for folder, megabytes in needed.items():
        free_mb = shutil.disk_usage(folder).free >> 20
        if free_mb < megabytes:
            raise ToolError(
                f"{folder} has {free_mb} MB left; a lab needs {megabytes} MB there",
                hint="free some space; LABCTL_DATA_DIR and LABCTL_CACHE_DIR take labctl's own folders to a larger disk",
            )
