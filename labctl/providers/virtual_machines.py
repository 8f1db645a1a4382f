"""What providers of virtual machines have in common: their box, a port on loopback, nothing to do beside Vagrant.

Boxes come from direct addresses, since Vagrant's registry stops all downloads on 2026-12-31; lab.yml's box, box_url,
box_version and box_checksum replace the default. No checksum is invented: where none is known, the Vagrantfile says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.events import Reporter
from labctl.plan import Box, LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import SnapshotStore
from labctl.providers.machine_snapshots import MachineSnapshots
from labctl.render import NodeEnvironment, ruby

DEFAULT_BOX_NAME = "labctl/ubuntu-20.04"
# Ubuntu 20.04 (focal), as the tutorial's nodes. Canonical publishes a Vagrant box for VirtualBox only; for libvirt
# the box stays to be named in lab.yml or added by `vagrant box add --name labctl/ubuntu-20.04 FILE`.
DEFAULT_BOX_URLS: Mapping[str, str] = {
    "virtualbox": "https://cloud-images.ubuntu.com/focal/current/focal-server-cloudimg-amd64-vagrant.box",
}


class VirtualMachines:
    """The part of interface.Provider that Vagrant does alone for virtual machines."""

    def discouraged(self, host: Host) -> str | None:
        """Without the processor's virtualisation, machines are several times slower or do not start at all."""
        return host.kvm_problem

    def advice(self, plan: LabPlan, host: Host) -> str | None:  # noqa: ARG002 - of the protocol
        """Nothing in general."""
        return None

    def node_environment(self, host: Host) -> NodeEnvironment:  # noqa: ARG002 - of the protocol
        """A virtual machine needs no allowances."""
        return NodeEnvironment()

    snapshots: SnapshotStore = MachineSnapshots()

    def prepare(self, plan: LabPlan, lab: Path, bundle: Path | None, runner: ProcessRunner, reporter: Reporter) -> None:
        """Nothing: Vagrant fetches the box and makes a key for each machine."""

    def heal(self, plan: LabPlan, lab: Path, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:  # noqa: ARG002
        """Nothing: `vagrant up` goes on by itself."""
        return ()

    def states(self, plan: LabPlan, runner: ProcessRunner) -> dict[str, str] | None:  # noqa: ARG002
        """Only Vagrant knows."""
        return None

    def ssh_config(self, plan: LabPlan, lab: Path, runner: ProcessRunner) -> str | None:  # noqa: ARG002
        """Only Vagrant knows."""
        return None

    def room(self, lab: Path, host: Host) -> Path | None:  # noqa: ARG002
        """As near as can be told: Vagrant and hypervisor are set up to keep disks where they do."""
        return lab

    def freeze(self, plan: LabPlan, nodes: Sequence[str], runner: ProcessRunner) -> None:
        """Nothing: a hypervisor writes a machine's memory to disk for it."""

    def thaw(self, plan: LabPlan, runner: ProcessRunner) -> None:
        """Nothing: what a save that was cut has left suspended, `vagrant up` lets go on."""

    def halt(self, plan: LabPlan, runner: ProcessRunner) -> bool:  # noqa: ARG002
        """Vagrant shuts them down in order."""
        return False

    def remove(self, plan: LabPlan, lab: Path, node: str, runner: ProcessRunner) -> bool:  # noqa: ARG002
        """Vagrant destroys it."""
        return False

    def cleanup(self, plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:  # noqa: ARG002
        """Nothing: `vagrant destroy` leaves nothing but the box, which is the user's."""
        return ()


def box_lines(provider: str, box: Box, image: str | None) -> tuple[str, ...]:
    """The lines of the Vagrantfile that name the box, with the lab file's overrides; image: the one baked of it."""
    if image is not None:
        return (
            "# Made by labctl of the box that the lab file names, with Docker and Kubernetes on it.",
            f"config.vm.box = {ruby(image)}",
            "config.vm.box_check_update = false",
        )
    wanted = _resolved(provider, box)
    lines = [f"config.vm.box = {ruby(wanted.name)}"]
    if wanted.name == DEFAULT_BOX_NAME and wanted.url is None:
        lines.append(f"# No such box is published at an address of its own for {provider}: name one in lab.yml (box,")
        lines.append(
            f"# box_url), or add a file once: vagrant box add --name {DEFAULT_BOX_NAME} --provider {provider} FILE"
        )
    if wanted.url is not None:
        lines.append(f"config.vm.box_url = {ruby(wanted.url)}")
    if wanted.version is not None:
        lines.append(f"config.vm.box_version = {ruby(wanted.version)}")
    if wanted.checksum is not None:
        lines.append(f"config.vm.box_download_checksum = {ruby(wanted.checksum)}")
        lines.append('config.vm.box_download_checksum_type = "sha256"')
    elif wanted.url is not None and "://" in wanted.url:
        lines.append(
            "# labctl knows no checksum of this box: write its SHA-256 as box_checksum into lab.yml to pin it."
        )
    lines.append("# Never ask the publisher for a newer box: a lab stays what it is.")
    lines.append("config.vm.box_check_update = false")
    return tuple(lines)


def _resolved(provider: str, box: Box) -> Box:
    """A box that the lab file names is taken as it is; without a name the default one is filled in."""
    if box.name is not None:
        return box
    named = replace(box, name=DEFAULT_BOX_NAME)
    return named if box.url is not None else replace(named, url=DEFAULT_BOX_URLS.get(provider))


def loopback_lines(plan: LabPlan, api_port: int | None) -> tuple[str, ...]:
    """Lines for a machine that publish the API server on this computer's loopback address; none without a port."""
    if api_port is None:
        return ()
    return (
        "# The API server on this computer's loopback address, for where the nodes' own addresses do not route.",
        f"if node[:name] == {ruby(plan.control_plane.name)}",
        f'  machine.vm.network "forwarded_port", guest: 6443, host: {ruby(api_port)}, host_ip: "127.0.0.1"',
        "end",
    )
