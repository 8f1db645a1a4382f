"""What every provider offers: one file beside this one fulfils it, and registry.py lists it.

A provider decides and describes; Vagrant starts the machines (adapters/vagrant.py), from the Vagrantfile rendered here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from labctl.adapters.ports import ProcessRunner
from labctl.events import Reporter
from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.render import NodeEnvironment, VagrantRendering

# Where a node has the bundle: mounted there by the provider, or copied over SSH.
BUNDLE_ON_NODE = "/opt/labctl/bundle"


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do, as data.

    bundle: "mount" where nodes see the bundle's folder of this computer, "copy" where it is copied over SSH.
    loopback_api: the API server also answers on 127.0.0.1 of this computer, on the port given to rendering.
    run_in_ci: labs of this provider are really brought up in CI; otherwise only rendered and validated.
    """

    parallel_up: bool
    snapshots: bool
    bundle: Literal["mount", "copy"]
    loopback_api: bool
    containers: bool
    run_in_ci: bool


class Provider(Protocol):
    """One way of having machines. name is what lab.yml's `provider` takes and Vagrant's own name for it."""

    @property
    def name(self) -> str:
        """virtualbox, libvirt, docker, ..."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def unusable(self, host: Host) -> str | None:
        """Why it cannot work on this computer, None if it can."""
        ...

    def discouraged(self, host: Host) -> str | None:
        """Why `auto` leaves it aside although it would work when asked for by name, None if it does not."""
        ...

    def advice(self, plan: LabPlan, host: Host) -> str | None:
        """What the user should see to on this computer before this lab comes up, None if nothing."""
        ...

    def node_environment(self, host: Host) -> NodeEnvironment:
        """What roles and kubeadm's configuration must know of the nodes (extra var labctl_node_environment)."""
        ...

    def rendering(
        self, plan: LabPlan, host: Host, *, bundle: Path | None = None, api_port: int | None = None
    ) -> VagrantRendering:
        """What the Vagrantfile says for this provider.

        bundle: the bundle's folder for nodes to mount; None leaves the mount out (the bundle is copied over SSH).
        api_port: the port of 127.0.0.1 on which the API server is published, where loopback_api.
        """
        ...

    def prepare(self, plan: LabPlan, lab: Path, bundle: Path, runner: ProcessRunner, reporter: Reporter) -> None:
        """Make what machines start from (node image, key in the folder lab). Idempotent. Raises ToolError."""
        ...

    def heal(self, plan: LabPlan, lab: Path, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Bring what a cut `vagrant up` left half made to where `vagrant up` can go on; what was done, in words.

        Touches only what carries this lab's label. Raises ToolError.
        """
        ...

    def states(self, plan: LabPlan, runner: ProcessRunner) -> dict[str, str] | None:
        """Machine name -> running, stopped, incomplete (no private network yet) or not_created.

        None where only Vagrant knows. Costs a fraction of `vagrant status`. Raises ToolError.
        """
        ...

    def ssh_config(self, plan: LabPlan, lab: Path, runner: ProcessRunner) -> str | None:
        """What `vagrant ssh-config` prints for all machines, without Vagrant; None where only Vagrant knows it."""
        ...

    def cleanup(self, plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Remove what `vagrant destroy` leaves of this lab: volumes, networks, images; what was removed, in words."""
        ...
