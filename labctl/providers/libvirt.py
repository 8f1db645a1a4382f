"""libvirt (QEMU): nodes are virtual machines by the plugin vagrant-libvirt, with KVM or, slowly, by QEMU's emulation.

Its box and what it shares with other virtual machines: virtual_machines.py.
"""

from __future__ import annotations

from pathlib import Path

from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import Capabilities
from labctl.providers.libvirt_oven import LibvirtOven
from labctl.providers.virtual_machines import VirtualMachines, box_lines, loopback_lines
from labctl.render import VagrantRendering, ruby

_PLUGIN = "vagrant-libvirt"


class Libvirt(VirtualMachines):
    """Fulfils interface.Provider."""

    name = "libvirt"
    oven = LibvirtOven("libvirt")
    capabilities = Capabilities(parallel_up=True, bundle="copy", loopback_api=True, containers=False, run_in_ci=True)

    def unusable(self, host: Host) -> str | None:
        """Vagrant, its plugin and a libvirt that answers; KVM is not needed (see discouraged)."""
        if not host.vagrant:
            return "Vagrant is not installed"
        if _PLUGIN not in host.vagrant_plugins:
            return f"Vagrant's plugin {_PLUGIN} is not installed"
        return host.libvirt_problem

    def rendering(
        self,
        plan: LabPlan,
        host: Host,
        *,
        image: str | None = None,
        bundle: Path | None = None,  # noqa: ARG002 - copied over SSH
        api_port: int | None = None,
    ) -> VagrantRendering:
        """Machines by size and private address; the driver is named only where it is not libvirt's usual KVM."""
        emulated = host.kvm_problem is not None
        return VagrantRendering(
            provider=self.name,
            about=("", "It needs the plugin vagrant-libvirt and a running libvirt."),
            config_lines=box_lines(self.name, plan.box, image),
            machine_lines=loopback_lines(plan, api_port),
            provider_lines=(
                f"provider.default_prefix = {ruby(f'labctl-{plan.name}-')}",
                *_driver(emulated=emulated),
                "provider.cpus = node[:cpus]",
                "provider.memory = node[:memory]",
                "# Networks, volumes and all of the machine go with `vagrant destroy`.",
                'provider.management_network_name = "vagrant-libvirt"',
                "provider.management_network_keep = false",
            ),
        )


def _driver(*, emulated: bool) -> tuple[str, ...]:
    if not emulated:
        return ()
    return (
        "# This computer offers no KVM: QEMU emulates the processor, slowly.",
        'provider.driver = "qemu"',
    )
