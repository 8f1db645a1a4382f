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
from labctl.providers.host import DockerDaemon, Host
from labctl.providers.interface import BUNDLE_ON_NODE, Capabilities
from labctl.render import NodeEnvironment, VagrantRendering, ruby

_RESOLV_CONF = "/run/labctl/resolv.conf"  # written by vagrant/node/entrypoint
# As linux/capability.h numbers them, from 0 on, as far as every Docker since 1.13 knows their names.
_CAPABILITIES = tuple(
    """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
    """.split()  # noqa: SIM905 - a list of strings on 38 lines is no easier to read
)


class Docker:
    """Fulfils interface.Provider."""

    name = "docker"
    capabilities = Capabilities(
        parallel_up=True, snapshots=False, bundle="mount", loopback_api=True, containers=True, run_in_ci=True
    )

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
            runc_wrapper=not _all_capabilities(host.docker),
            kernel_modules=host.kernel_modules and _local(host.docker),
            swap_off=False,
            fail_swap_on=not host.swap,
            resolv_conf=_RESOLV_CONF,
            fast_datapath=host.openvswitch,
            ignore_preflight=_ignored(host),
        )

    def rendering(
        self, plan: LabPlan, host: Host, *, bundle: Path | None = None, api_port: int | None = None
    ) -> VagrantRendering:
        """Containers with what systemd and kubelet need, as far as the daemon of this computer can give it."""
        image = engine.node_image(Path(plan.bundle.path))
        return VagrantRendering(
            provider=self.name,
            about=(
                "",
                f"Nodes are containers of the image {image}, built from vagrant/node and the bundle's node/root.tar.",
                "They need the lab's key pair beside this file and its network; `labctl up` makes both. By hand:",
                f"  ssh-keygen -t ed25519 -N '' -f {engine.KEY}",
                f"  {shlex.join(engine.network_command(plan))}",
            ),
            config_lines=(
                "# The lab's own key, for all its nodes; there is no insecure one to replace.",
                'config.ssh.private_key_path = File.join(__dir__, "id_ed25519")',
                "config.ssh.insert_key = false",
            ),
            network_options=f", name: {ruby(engine.network_name(plan))}",
            provider_lines=(
                f"provider.image = {ruby(image)}",
                f"provider.name = {ruby(engine.container_name(plan, ''))} + node[:name]",
                "provider.has_ssh = true",
                "provider.remains_running = true",
                "provider.create_args = [",
                *(f"  {line}" for line in self._create_args(plan, host, bundle)),
                "]",
                *_published(plan, api_port),
            ),
        )

    def _create_args(self, plan: LabPlan, host: Host, bundle: Path | None) -> list[str]:
        """Lines of Ruby: the arguments of `docker run`."""
        volume = ruby(f"type=volume,volume-label={engine.label(plan)},source={engine.container_name(plan, '')}")
        lines = [
            f'"--label", {ruby(engine.label(plan))},',
            '"--env", "LABCTL_SSH_KEY=#{File.read(File.join(__dir__, "id_ed25519.pub")).strip}",',
            *_privileges(host.docker),
            "# A cgroup tree of its own for systemd, and the folders that it expects empty at boot.",
            '"--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock",',
            "# Image layers and pods on volumes: overlay does not lie on overlay.",
            f'"--mount", {volume} + node[:name] + "-docker,target=/var/lib/docker",',
            f'"--mount", {volume} + node[:name] + "-kubelet,target=/var/lib/kubelet",',
            "# Docker writes /etc/hosts anew at every start: the nodes' names must come from it.",
            *(f'"--add-host", {ruby(f"{node.name}:{node.ip}")},' for node in plan.nodes),
            *_limits(host.docker),
        ]
        lines += _kernel(host)
        if bundle is not None:
            lines.append("# The lab's bundle, read-only.")
            mount = ["--mount", f"type=bind,readonly,{_field(f'source={bundle}')},target={BUNDLE_ON_NODE}"]
            lines.append(f"{ruby(mount)[1:-1]},")
        return lines

    def prepare(self, plan: LabPlan, lab: Path, bundle: Path, runner: ProcessRunner, reporter: Reporter) -> None:
        """Make the lab's key pair, network and node image."""
        engine.ensure_key(lab, plan, runner)
        engine.ensure_network(plan, runner)
        engine.ensure_image(bundle, runner, reporter)

    def heal(self, plan: LabPlan, lab: Path, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Start, connect or remove what a cut `vagrant up` left."""
        return engine.heal(plan, lab, runner, reporter)

    def states(self, plan: LabPlan, runner: ProcessRunner) -> dict[str, str] | None:
        """As Docker says, in a tenth of a second."""
        return engine.states(plan, runner)

    def ssh_config(self, plan: LabPlan, lab: Path, runner: ProcessRunner) -> str | None:
        """By the ports that Docker has published."""
        return engine.ssh_config(plan, lab, runner)

    def cleanup(self, plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
        """Remove what carries the lab's label, and the node image where no other lab uses it."""
        return engine.cleanup(plan, runner, reporter)


def _field(text: str) -> str:
    """One field of --mount, which is a line of CSV."""
    return '"' + text.replace('"', '""') + '"' if {",", '"'} & set(text) else text


def _all_capabilities(docker: DockerDaemon | None) -> bool:
    """Whether containers can have all capabilities; where the daemon's process cannot be seen, that is assumed."""
    bounding_set = docker.capabilities if docker else None
    return bounding_set is None or all(bounding_set >> number & 1 for number in range(len(_CAPABILITIES)))


def _privileges(docker: DockerDaemon | None) -> list[str]:
    if _all_capabilities(docker):
        return [
            "# systemd, kubelet and Docker in the node mount, load and limit as on a machine.",
            '"--privileged",',
        ]
    assert docker is not None and docker.capabilities is not None  # noqa: S101 - _all_capabilities says so
    names = [name for number, name in enumerate(_CAPABILITIES) if docker.capabilities >> number & 1]
    missing = [name for number, name in enumerate(_CAPABILITIES) if not docker.capabilities >> number & 1]
    return [
        f"# Docker's daemon itself lacks {', '.join(missing)} here and refuses --privileged: this is the rest of it.",
        *(
            f'*%w[{" ".join(names[i : i + 10])}].flat_map {{ |name| ["--cap-add", name] }},'
            for i in range(0, len(names), 10)
        ),
        '"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",',
        '"--security-opt", "systempaths=unconfined", "--device-cgroup-rule", "a *:* rwm",',
    ]


def _local(docker: DockerDaemon | None) -> bool:
    """Whether the daemon runs on this computer's own kernel: then its process can be seen here."""
    return docker is not None and docker.capabilities is not None


def _kernel(host: Host) -> list[str]:
    """What a node sees of this computer's kernel."""
    lines = []
    if _local(host.docker) and host.kernel_modules:
        lines += [
            "# So that a node can load modules of the kernel, as a machine does.",
            '"--volume", "/lib/modules:/lib/modules:ro",',
        ]
    if _local(host.docker) and host.kernel_config and host.kernel_config.startswith("/boot/"):
        volume = ruby(f"{host.kernel_config}:{host.kernel_config}:ro")
        lines += ["# kubeadm's preflight reads how the kernel was made.", f'"--volume", {volume},']
    return lines


def _limits(docker: DockerDaemon | None) -> list[str]:
    """Memory and processors as far as the kernel lets the daemon limit them."""
    lines = []
    if docker is None or docker.limits_memory:
        lines += ["# No more memory than a virtual machine of the lab would have.", '"--memory", "#{node[:memory]}m",']
    if docker is not None and docker.limits_cpu and docker.cgroup > 1:
        lines.append(f'"--cpus", [node[:cpus], {ruby(docker.cpus)}].min.to_s,')
    else:
        lines.append("# With cgroup v1 a limit would refuse pods that ask for more than it: a share instead.")
        lines.append('"--cpu-shares", (1024 * node[:cpus]).to_s,')
    return lines


def _published(plan: LabPlan, api_port: int | None) -> tuple[str, ...]:
    if api_port is None:
        return ()
    publish = ["--publish", f"127.0.0.1:{api_port}:6443"]
    return (
        "# The API server on this computer's loopback address, for where the nodes' own addresses do not route.",
        f"provider.create_args += {ruby(publish)} if node[:name] == {ruby(plan.control_plane.name)}",
    )


def _ignored(host: Host) -> dict[str, str]:
    """Preflight errors of kubeadm that come from this computer, not from the node."""
    ignored = {}
    if host.swap:
        ignored["Swap"] = (
            "The swap is this computer's: a container cannot turn it off, and kubelet is told to accept it."
        )
    if host.kernel_config is None or not _local(host.docker):
        ignored["SystemVerification"] = "How this computer's kernel was made cannot be read in a container."
    elif host.hidden_controllers:
        names = ", ".join(host.hidden_controllers)
        ignored["SystemVerification"] = f"This kernel no longer lists the cgroup controllers {names} in /proc/cgroups."
    return ignored
