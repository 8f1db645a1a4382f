"""Docker: nodes are containers with systemd, where there is no hypervisor. Brought up for real in CI.

What the Vagrantfile says of them belongs here; images, volumes and half-made containers are docker_engine.py's.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.events import Reporter
from labctl.plan import LabPlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_oven import DockerOven
from labctl.providers.docker_run import KEY, all_capabilities, container_name, in_ruby, lab_options, local, ruby_values
from labctl.providers.docker_snapshots import DockerSnapshots
from labctl.providers.host import Host
from labctl.providers.interface import Capabilities
from labctl.render import NodeEnvironment, VagrantRendering, ruby

_RESOLV_CONF = "/run/labctl/resolv.conf"  # written by vagrant/node/entrypoint


class Docker:
    """Fulfils interface.Provider."""

    name = "docker"
    oven = DockerOven()
    snapshots = DockerSnapshots()
    capabilities = Capabilities(parallel_up=True, bundle="mount", loopback_api=True, containers=True, run_in_ci=True)

    def unusable(self, host: Host) -> str | None:
        """Vagrant and a Docker daemon with real root are needed."""
        if host.docker is None:
            return host.docker_problem or "Docker is not there"
        if host.docker.rootless:
            return "the Docker daemon is rootless: kubelet needs a daemon of root"
        return None if host.vagrant else "Vagrant is not installed"

    def discouraged(self, host: Host) -> str | None:  # noqa: ARG002 - of the protocol
        """Where it works, it works well."""
        return None

    def advice(self, plan: LabPlan, host: Host) -> str | None:  # noqa: ARG002 - of the protocol
        """Docker takes any addresses."""
        return None

    def node_environment(self, host: Host) -> NodeEnvironment:
        """A container shares this computer's kernel, swap and limits."""
        return NodeEnvironment(
            container=True,
            runc_wrapper=not all_capabilities(host.docker),
            kernel_modules=host.kernel_modules and local(host.docker),
            swap_off=False,
            fail_swap_on=not host.swap,
            resolv_conf=_RESOLV_CONF,
            fast_datapath=host.openvswitch,
            ignore_preflight=_ignored(host),
        )

    def rendering(
        self,
        plan: LabPlan,
        host: Host,
        *,
        image: str | None = None,
        bundle: Path | None = None,
        api_port: int | None = None,
    ) -> VagrantRendering:
        """Containers with what systemd and kubelet need, as far as the daemon of this computer can give it."""
        bare = engine.node_image(Path(plan.bundle.path))
        made = f"the image {bare}, built from vagrant/node and the bundle's node/root.tar."
        return VagrantRendering(
            provider=self.name,
            about=(
                "",
                f"Nodes are containers of {made if image is None else f'the node image {image}, baked by labctl.'}",
                "They need the lab's key pair beside this file and its network; `labctl up` makes both. By hand:",
                f"  ssh-keygen -t ed25519 -N '' -f {KEY}",
                f"  {shlex.join(engine.network_command(plan))}",
            ),
            config_lines=(
                "# The lab's own key, for all its nodes; there is no insecure one to replace.",
                'config.ssh.private_key_path = File.join(__dir__, "id_ed25519")',
                "config.ssh.insert_key = false",
            ),
            network_options=f", name: {ruby(engine.network_name(plan))}",
            provider_lines=(
                f"provider.image = {ruby(image or bare)}",
                f"provider.name = {ruby(container_name(plan, ''))} + node[:name]",
                "provider.has_ssh = true",
                "provider.remains_running = true",
                ruby_values(plan, host),
                *in_ruby(lab_options(plan, host, bundle=bundle, api_port=api_port)),
            ),
        )

    def prepare(self, plan: LabPlan, lab: Path, bundle: Path | None, runner: ProcessRunner, reporter: Reporter) -> None:
        """Make the lab's key pair and network, and the bare node image where machines will start from it."""
        engine.ensure_key(lab, plan, runner)
        engine.ensure_network(plan, runner)
        if bundle is not None:
            engine.ensure_image(bundle, runner, reporter)

    def heal(self, plan: LabPlan, lab: Path, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Start, connect or remove what a cut `vagrant up` left."""
        return engine.heal(plan, lab, runner, reporter)

    def states(self, plan: LabPlan, runner: ProcessRunner) -> dict[str, str]:
        """As Docker says, in a tenth of a second."""
        return engine.states(plan, runner)

    def ssh_config(self, plan: LabPlan, lab: Path, runner: ProcessRunner) -> str | None:
        """By the ports that Docker has published."""
        return engine.ssh_config(plan, lab, runner)

    def room(self, lab: Path, host: Host) -> Path | None:  # noqa: ARG002
        """Docker's own folder, where the daemon is this computer's."""
        folder = host.docker.folder if host.docker is not None and local(host.docker) else None
        return Path(folder) if folder else None

    def freeze(self, plan: LabPlan, nodes: Sequence[str], runner: ProcessRunner) -> None:
        """By Docker."""
        engine.freeze(plan, nodes, runner)

    def thaw(self, plan: LabPlan, runner: ProcessRunner) -> None:
        """By Docker."""
        engine.thaw(plan, runner)

    def halt(self, plan: LabPlan, runner: ProcessRunner) -> bool:
        """All at once, by Docker."""
        engine.halt(plan, runner)
        return True

    def remove(self, plan: LabPlan, lab: Path, node: str, runner: ProcessRunner) -> bool:
        """Its container and volumes."""
        engine.remove(plan, lab, node, runner)
        return True

    def cleanup(self, plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Remove what carries the lab's label, and the node image where no other lab uses it."""
        return engine.cleanup(plan, runner, reporter)


def _ignored(host: Host) -> dict[str, str]:
    """Preflight errors of kubeadm that come from this computer, not from the node."""
    ignored = {}
    if host.swap:
        ignored["Swap"] = (
            "The swap is this computer's: a container cannot turn it off, and kubelet is told to accept it."
        )
    if host.kernel_config is None or not local(host.docker):
        ignored["SystemVerification"] = "How this computer's kernel was made cannot be read in a container."
    elif host.hidden_controllers:
        names = ", ".join(host.hidden_controllers)
        ignored["SystemVerification"] = f"This kernel no longer lists the cgroup controllers {names} in /proc/cgroups."
    return ignored
