"""What every provider offers: one file beside this one fulfils it, and registry.py lists it.

A provider decides and describes; Vagrant starts the machines (adapters/vagrant.py), from the Vagrantfile rendered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from labctl.adapters.ports import Machines, NodeShell, Playbooks, ProcessRunner
from labctl.events import Reporter
from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.render import NodeEnvironment, VagrantRendering

# Where a node has the bundle: mounted there by the provider, or copied over SSH.
BUNDLE_ON_NODE = "/opt/labctl/bundle"
# The name of the bare machine that becomes a node image.
BAKING = "bake"


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do, as data.

    bundle: "mount" where nodes see the bundle's folder of this computer, "copy" where it is copied over SSH.
    loopback_api: the API server also answers on 127.0.0.1 of this computer, on the port given to rendering.
    run_in_ci: labs of this provider are really brought up in CI; otherwise only rendered and validated.
    """

    parallel_up: bool
    bundle: Literal["mount", "copy"]
    loopback_api: bool
    containers: bool
    run_in_ci: bool


@dataclass(frozen=True)
class NodeImage:
    """A node image on this computer: its size in bytes, when it was made, the machines started from it."""

    name: str
    size: int
    created: str
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """Machines that labctl itself starts: those in ssh_ports, which says on which port of 127.0.0.1 each has its SSH.

    folder: the lab's. api_port: the port of 127.0.0.1 on which the API server is published.
    """

    plan: LabPlan
    host: Host
    folder: Path
    bundle: Path
    api_port: int
    ssh_ports: Mapping[str, int]


@dataclass(frozen=True)
class Tools:
    """What a provider works on one lab with: programs of this computer, and Vagrant in the lab's folder."""

    runner: ProcessRunner
    machines: Machines


@dataclass(frozen=True)
class Saved:
    """What a snapshot takes on this computer, in bytes, and its checksum; None and "" where a hypervisor keeps it."""

    size: int | None = None
    checksum: str = ""


@dataclass(frozen=True)
class Checked:
    """What of kept data was not as it should be: files that were mended, and files that are lost, each in words."""

    mended: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class SnapshotStore(Protocol):
    """Keeps the state of all machines of a lab as it was in one moment; identity: labctl's id of that data."""

    @property
    def memory(self) -> bool:
        """Whether what ran goes on as it was; else restored machines start anew, as after a power cut."""
        ...

    def save(self, plan: LabPlan, identity: str, tools: Tools) -> Saved:
        """Save all machines, which must run and go on running. Raises ToolError."""
        ...

    def check(self, plan: LabPlan, identity: str, checksum: str, nodes: Sequence[str], tools: Tools) -> Checked:
        """Whether what was saved of these nodes is what it was; mends what it can. Raises ToolError."""
        ...

    def restore(self, launch: Launch, identity: str, tools: Tools) -> None:
        """Make the machines of launch.ssh_ports again as they were; what they are now is lost. Raises ToolError."""
        ...

    def holds(self, plan: LabPlan, identity: str, tools: Tools) -> bool:
        """Whether that data is there. Raises ToolError where it cannot be asked."""
        ...

    def keep_only(self, plan: LabPlan, identities: Sequence[str], tools: Tools) -> None:
        """Remove the data of all other snapshots of this lab, also what a cut save has left. Raises ToolError."""
        ...


@dataclass(frozen=True)
class Baking:
    """A node image in the making, for a lab.

    plan: the lab's. alone: that lab as if the bare machine, BAKING, were all of it.
    lab: the lab's folder. folder: the bare machine's own, with what Ansible needs of it, and Vagrant, where it is its.
    tools: programs of this computer, and Vagrant in that folder; shell: SSH by its ssh_config; playbooks: Ansible by
    its inventory.yml. tell: shows a line.
    """

    plan: LabPlan
    alone: LabPlan
    lab: Path
    folder: Path
    host: Host
    tools: Tools
    shell: NodeShell
    playbooks: Playbooks
    reporter: Reporter
    tell: Callable[[str], None]


class Launcher(Protocol):
    """Makes machines of a lab from a node image without Vagrant's seconds."""

    def start(self, launch: Launch, image: str, runner: ProcessRunner) -> Checked:
        """Make and start machines, and hand them over to Vagrant.

        They are what `vagrant up` in the lab's folder would have made. Returns what of the node image had to be mended
        before. Raises ToolError, also where something of it is lost.
        """
        ...


class Oven(Protocol):
    """Makes node images: bare machines on which the roles that are the same for all nodes were applied once.

    mark: the fingerprint of those roles. Labs share node images; `labctl image prune` removes them.
    """

    @property
    def launcher(self) -> Launcher | None:
        """What starts machines from them; None where `vagrant up` does, by the rendered Vagrantfile."""
        ...

    def image(self, plan: LabPlan, mark: str) -> str:
        """The name of the node image."""
        ...

    def holds(self, plan: LabPlan, mark: str, runner: ProcessRunner) -> bool:
        """Whether the node image is there, whole."""
        ...

    def heat(self, baking: Baking, rendering: VagrantRendering) -> str:
        """Start a bare machine named BAKING; returns OpenSSH's configuration of it. Raises ToolError.

        rendering: of baking.alone, for Vagrant.
        """
        ...

    def pack(self, baking: Baking, mark: str) -> str:
        """Make the node image from that machine, which is of no use afterwards; returns its name. Raises ToolError."""
        ...

    def images(self, runner: ProcessRunner) -> Sequence[NodeImage]:
        """All node images on this computer. Raises ToolError."""
        ...

    def prune(self, runner: ProcessRunner) -> Sequence[str]:
        """Remove those that no machine was started from; what was removed, in words. Raises ToolError."""
        ...

    def discard(self, baking: Baking) -> None:
        """Remove that machine, and what a bake that was cut has left of this lab's. Raises ToolError."""
        ...


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

    @property
    def oven(self) -> Oven | None:
        """What makes its node images; None where each machine is provisioned by itself."""
        ...

    @property
    def snapshots(self) -> SnapshotStore:
        """What saves and restores its machines."""
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
        self,
        plan: LabPlan,
        host: Host,
        *,
        image: str | None = None,
        bundle: Path | None = None,
        api_port: int | None = None,
    ) -> VagrantRendering:
        """What the Vagrantfile says for this provider.

        image: the node image of its oven that machines start from, None for bare ones.
        bundle: the bundle's folder for nodes to mount; None leaves the mount out (the bundle is copied over SSH).
        api_port: the port of 127.0.0.1 on which the API server is published, where loopback_api.
        """
        ...

    def prepare(self, plan: LabPlan, lab: Path, bundle: Path | None, runner: ProcessRunner, reporter: Reporter) -> None:
        """Make what all machines rely on (key in the folder lab, network). Idempotent. Raises ToolError.

        bundle: bare machines will be made from it; None where none will.
        """
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

    def room(self, lab: Path, host: Host) -> Path | None:
        """The folder of this computer on whose disk machines lie; None where that cannot be seen from here."""
        ...

    def freeze(self, plan: LabPlan, nodes: Sequence[str], runner: ProcessRunner) -> None:
        """Let these machines, which are to go, stand still until then if that is a matter of a moment.

        What they did would only take the processors from who makes them again. Those that do not run are no error.
        """
        ...

    def thaw(self, plan: LabPlan, runner: ProcessRunner) -> None:
        """Let machines run on that stand still, also after a save or reset that was cut. Raises ToolError."""
        ...

    def halt(self, plan: LabPlan, runner: ProcessRunner) -> bool:
        """Stop all machines of the lab; False where only Vagrant can. Raises ToolError."""
        ...

    def remove(self, plan: LabPlan, lab: Path, node: str, runner: ProcessRunner) -> bool:
        """Remove one machine and all that is on it; False where only Vagrant can. Raises ToolError."""
        ...

    def cleanup(self, plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Remove what `vagrant destroy` leaves of this lab: volumes, networks, images; what was removed, in words."""
        ...
