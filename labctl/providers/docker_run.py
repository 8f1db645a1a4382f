"""The options of `docker run` for a node, each with its reason: as lines of the Vagrantfile, and as arguments.

Values that differ from node to node stand in them as %{name}: Ruby fills them in from the Vagrantfile's NODES,
arguments() from the plan. A literal % is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.plan import LabPlan, NodePlan
from labctl.providers.host import DockerDaemon, Host
from labctl.providers.interface import BUNDLE_ON_NODE
from labctl.render import ruby

KEY = "id_ed25519"
# As linux/capability.h numbers them, from 0 on, as far as every Docker since 1.13 knows their names.
_CAPABILITIES = tuple(
    """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
    """.split()  # noqa: SIM905 - a list of strings on 38 lines is no easier to read
)


@dataclass(frozen=True)
class Options:
    """Some options and why they are needed; only: the node that gets them, None for all."""

    why: str
    texts: tuple[str, ...]
    only: str | None = None


# Docker's weight of one processor, and how many times that of a worker's the control plane's processors count.
_SHARE, _FIRST = 1024, 2
# What of a node lies on a volume of its own: the end of the volume's name -> where the node has it.
VOLUMES = {"docker": "/var/lib/docker", "kubelet": "/var/lib/kubelet", "etcd": "/var/lib/etcd"}


def label(plan: LabPlan) -> str:
    """The label of all that belongs to the lab."""
    return f"labctl.lab={plan.name}"


def container_name(plan: LabPlan, node: str) -> str:
    """The container of a node; with an empty name, what all of the lab's begin with."""
    return f"labctl-{plan.name}-{node}"


def volumes_of(plan: LabPlan, node: str) -> list[str]:
    """The names of a node's volumes."""
    return [f"{container_name(plan, node)}-{name}" for name in VOLUMES]


def volume_options(plan: LabPlan, volume: str) -> str:
    """What --mount says of a volume of the lab, but for where it is mounted: Docker copies nothing into it."""
    return f"type=volume,volume-nocopy,volume-label={label(plan)},source={volume}"


def lab_options(plan: LabPlan, host: Host, *, bundle: Path | None, api_port: int | None) -> list[Options]:
    """What the containers of a lab get."""
    volume = volume_options(plan, f"{container_name(plan, '')}%{{name}}")
    return [
        Options("", ("--label", label(plan))),
        key_options(),
        Options(
            "Until kube-proxy has its rules, nodes keep what goes to a service, so that it is sent again in a moment.",
            ("--env", f"LABCTL_SERVICES={plan.network.service_cidr}"),
        ),
        *machine_options(host),
        Options(
            "Image layers and pods on volumes: overlay does not lie on overlay. etcd's log is mostly room kept free: a "
            "copy of a volume leaves that out.",
            tuple(text for name, target in VOLUMES.items() for text in ("--mount", f"{volume}-{name},target={target}")),
        ),
        Options(
            "Docker writes /etc/hosts anew at every start: the nodes' names must come from it.",
            tuple(text for node in plan.nodes for text in ("--add-host", f"{node.name}:{node.ip}")),
        ),
        *_limits(host.docker),
        *bundle_options(bundle),
        *_published(plan, api_port),
    ]


def key_options() -> Options:
    """The lab's public key, which the entrypoint writes for the user vagrant."""
    return Options("", ("--env", "LABCTL_SSH_KEY=%{key}"))


def machine_options(host: Host) -> list[Options]:
    """What makes a container a machine: privileges, cgroups, this computer's kernel."""
    return [
        *_privileges(host.docker),
        Options(
            "A cgroup tree of its own for systemd, and the folders that it expects empty at boot.",
            ("--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock"),
        ),
        *_kernel(host),
    ]


def bundle_options(bundle: Path | None) -> list[Options]:
    """The bundle's folder, where nodes see it."""
    if bundle is None:
        return []
    mount = f"type=bind,readonly,{_field(f'source={bundle}')},target={BUNDLE_ON_NODE}"
    return [Options("The lab's bundle, read-only.", ("--mount", mount.replace("%", "%%")))]


def arguments(options: Sequence[Options], values: Mapping[str, str]) -> list[str]:
    """The options as arguments for the node with these values (see node_values)."""
    chosen = [text for option in options if option.only in (None, values.get("name")) for text in option.texts]
    return [re.sub(r"%(%|\{(\w+)\})", lambda m: "%" if m[1] == "%" else values[m[2]], text) for text in chosen]


def node_values(node: NodePlan, host: Host, key: str) -> dict[str, str]:
    """What stands in the options for one node; key: the public key's line. The same as ruby_values says in Ruby."""
    return {
        "name": node.name,
        "memory": str(node.memory_mb),
        "share": str(_SHARE * node.cpus * (_FIRST if node.role == "control-plane" else 1)),
        "limit": str(min(node.cpus, _processors(host.docker))),
        "key": key.strip(),
    }


def ruby_values(plan: LabPlan, host: Host) -> str:
    """The line of Ruby that makes `values` of a node of the Vagrantfile."""
    share = f"{_SHARE} * node[:cpus] * (node[:name] == {ruby(plan.control_plane.name)} ? {_FIRST} : 1)"
    limit = f"[node[:cpus], {_processors(host.docker)}].min"
    key = f"File.read(File.join(__dir__, {ruby(KEY + '.pub')})).strip"
    return f"values = node.merge(share: {share}, limit: {limit}, key: {key})"


def in_ruby(options: Sequence[Options]) -> list[str]:
    """Lines of Ruby that set provider.create_args, with the reasons as comments."""
    lines = ["provider.create_args = ["]
    for option in options:
        if option.only is None:
            lines += [f"  # {option.why}"] if option.why else []
            lines += [f"  {line}" for line in _ruby_lines(option.texts)]
    lines.append("].map { |text| format(text, values) }")
    for option in options:
        if option.only is not None:
            extra = ruby(list(option.texts))
            lines += [f"# {option.why}", f"provider.create_args += {extra} if node[:name] == {ruby(option.only)}"]
    return lines


def _ruby_lines(texts: Sequence[str]) -> list[str]:
    """Options one a line, each with its value; capabilities ten a line."""
    if set(texts[::2]) == {"--cap-add"}:
        names = [texts[i : i + 20][1::2] for i in range(0, len(texts), 20)]
        return [f'*%w[{" ".join(row)}].flat_map {{ |name| ["--cap-add", name] }},' for row in names]
    lines: list[str] = []
    for text in texts:
        if text.startswith("--") or not lines:
            lines.append(f"{ruby(text)},")
        else:
            lines[-1] += f" {ruby(text)},"
    return lines


def _field(text: str) -> str:
    """One field of --mount, which is a line of CSV."""
    return '"' + text.replace('"', '""') + '"' if {",", '"'} & set(text) else text


def all_capabilities(docker: DockerDaemon | None) -> bool:
    """Whether containers can have all capabilities; where the daemon's process cannot be seen, that is assumed."""
    bounding_set = docker.capabilities if docker else None
    return bounding_set is None or all(bounding_set >> number & 1 for number in range(len(_CAPABILITIES)))


def local(docker: DockerDaemon | None) -> bool:
    """Whether the daemon runs on this computer's own kernel: then its process can be seen here."""
    return docker is not None and docker.capabilities is not None


def _processors(docker: DockerDaemon | None) -> int:
    return docker.cpus if docker is not None else 1


def _privileges(docker: DockerDaemon | None) -> list[Options]:
    if docker is None or docker.capabilities is None or all_capabilities(docker):
        return [
            Options("systemd, kubelet and Docker in the node mount, load and limit as on a machine.", ("--privileged",))
        ]
    names = [name for number, name in enumerate(_CAPABILITIES) if docker.capabilities >> number & 1]
    missing = [name for number, name in enumerate(_CAPABILITIES) if not docker.capabilities >> number & 1]
    return [
        Options(
            f"Docker's daemon itself lacks {', '.join(missing)} here and refuses --privileged: this is the rest of it.",
            tuple(text for name in names for text in ("--cap-add", name)),
        ),
        Options(
            "",
            (
                *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
                *("--security-opt", "systempaths=unconfined", "--device-cgroup-rule", "a *:* rwm"),
            ),
        ),
    ]


def _kernel(host: Host) -> list[Options]:
    """What a node sees of this computer's kernel."""
    options = []
    if local(host.docker) and host.kernel_modules:
        options.append(
            Options(
                "So that a node can load modules of the kernel, as a machine does.",
                ("--volume", "/lib/modules:/lib/modules:ro"),
            )
        )
    if local(host.docker) and host.kernel_config and host.kernel_config.startswith("/boot/"):
        volume = f"{host.kernel_config}:{host.kernel_config}:ro".replace("%", "%%")
        options.append(Options("kubeadm's preflight reads how the kernel was made.", ("--volume", volume)))
    return options


def _limits(docker: DockerDaemon | None) -> list[Options]:
    """Memory and processors as far as the kernel lets the daemon limit them."""
    options = []
    if docker is None or docker.limits_memory:
        options.append(
            Options("No more memory than a virtual machine of the lab would have.", ("--memory", "%{memory}m"))
        )
    # With cgroup v1 a limit would refuse pods that ask for more than it.
    if docker is not None and docker.limits_cpu and docker.cgroup > 1:
        options.append(Options("No more processors than that, or than there are.", ("--cpus", "%{limit}")))
    why = "When all are busy, by the nodes' processors; the control plane first, for all others wait for its API."
    return [*options, Options(why, ("--cpu-shares", "%{share}"))]


def _published(plan: LabPlan, api_port: int | None) -> list[Options]:
    if api_port is None:
        return []
    return [
        Options(
            "The API server on this computer's loopback address, for where the nodes' own addresses do not route.",
            ("--publish", f"127.0.0.1:{api_port}:6443"),
            only=plan.control_plane.name,
        )
    ]
