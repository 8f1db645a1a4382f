"""VirtualBox: nodes are virtual machines, linked clones of one box. Rendered and validated here, not run in CI.

Its box and what it shares with other virtual machines: virtual_machines.py.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import Capabilities
from labctl.providers.machine_oven import MachineOven
from labctl.providers.virtual_machines import VirtualMachines, box_lines, loopback_lines
from labctl.render import VagrantRendering, ruby

# Vagrant's own default where /etc/vbox/networks.conf is missing (VirtualBox 6.1.28 and later refuse the rest).
_DEFAULT_RANGE = "192.168.56.0/21"


class VirtualBox(VirtualMachines):
    """Fulfils interface.Provider."""

    name = "virtualbox"
    oven = MachineOven("virtualbox")
    capabilities = Capabilities(parallel_up=False, bundle="copy", loopback_api=True, containers=False, run_in_ci=False)

    def unusable(self, host: Host) -> str | None:
        """Vagrant and VBoxManage must be there. Address ranges depend on the lab: see advice."""
        if not host.virtualbox:
            return "VirtualBox is not installed (there is no VBoxManage)"
        return None if host.vagrant else "Vagrant is not installed"

    def advice(self, plan: LabPlan, host: Host) -> str | None:
        """VirtualBox 6.1.28 and later refuse host-only addresses outside their ranges; older ones take them all."""
        return network_problem(plan, host.vbox_networks)

    def rendering(
        self,
        plan: LabPlan,
        host: Host,  # noqa: ARG002 - nothing depends on this computer: the rendered file is the same everywhere
        *,
        image: str | None = None,
        bundle: Path | None = None,  # noqa: ARG002 - copied over SSH
        api_port: int | None = None,
    ) -> VagrantRendering:
        """Linked clones with a fixed name, size and private address."""
        return VagrantRendering(
            provider=self.name,
            about=(
                "",
                "VirtualBox 6.1.28 and later allow only 192.168.56.0/21 for host-only networks unless",
                f"/etc/vbox/networks.conf says: * {_network(plan)} {_DEFAULT_RANGE}",
            ),
            config_lines=box_lines(self.name, plan.box, image),
            machine_lines=loopback_lines(plan, api_port),
            provider_lines=(
                f"provider.name = {ruby(f'labctl-{plan.name}-')} + node[:name]",
                "provider.cpus = node[:cpus]",
                "provider.memory = node[:memory]",
                "# One copy of the box's disk for all machines: quicker, and a fraction of the room.",
                "provider.linked_clone = true",
            ),
        )


def network_problem(plan: LabPlan, networks_conf: str | None) -> str | None:
    """Why VirtualBox refuses the lab's addresses, None if it takes them.

    networks_conf is the text of /etc/vbox/networks.conf: its lines that begin with * list ranges and replace the
    default (Vagrant 2.2.19 and later).
    """
    wanted = ipaddress.ip_network(_network(plan))
    ranges = [_DEFAULT_RANGE]
    if networks_conf is not None:
        rows = [line.split() for line in networks_conf.splitlines()]
        ranges = [part for row in rows if row[:1] == ["*"] for part in row[1:]]
    for text in ranges:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        if network.version == wanted.version and wanted.subnet_of(network):  # type: ignore[arg-type]
            return None
    return (
        f"VirtualBox allows {', '.join(ranges) or 'no range'} for host-only networks, not {wanted}: "
        f"write `* {wanted} {_DEFAULT_RANGE}` into /etc/vbox/networks.conf"
    )


def _network(plan: LabPlan) -> str:
    return str(ipaddress.ip_network(f"{plan.control_plane.ip}/24", strict=False))
