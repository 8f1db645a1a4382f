"""Host: what providers want to know about this computer, gathered once by probe_host.

Only looking belongs here, no judging: whether a provider works here is in that provider's file.
Nothing here starts Vagrant (a second or more of start-up), so `labctl plan` may ask.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError

_KVM_CREATE_VM = 0xAE01  # linux/kvm.h: _IO(KVMIO, 0x01)
# k8s.io/system-validators v1.4.0, as kubeadm 1.21 has it.
_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "devices", "freezer", "memory")
_LIBVIRT_SOCKETS = ("run/libvirt/libvirt-sock", "run/libvirt/virtqemud-sock")
_PLUGIN_FOLDERS = ("usr/share/vagrant-plugins/plugins.d",)


@dataclass(frozen=True)
class DockerDaemon:
    """What the Docker daemon says of itself.

    capabilities: the daemon's own bounding set as a bit mask (CapBnd), None where its process cannot be seen
    (Docker Desktop, a remote daemon). cgroup: 1 or 2. cpus and memory_mb are the daemon's computer's. folder: where it
    keeps images, volumes and containers there.
    """

    version: str
    cgroup: int
    cpus: int
    memory_mb: int
    capabilities: int | None = None
    rootless: bool = False
    limits_memory: bool = True
    limits_cpu: bool = True
    folder: str | None = None


@dataclass(frozen=True)
class Host:
    """This computer. Every `*_problem` is a reason in words, None where there is none."""

    vagrant: bool = False
    vagrant_plugins: frozenset[str] = frozenset()
    virtualbox: bool = False
    vbox_networks: str | None = None  # text of /etc/vbox/networks.conf
    libvirt_problem: str | None = "it was not looked for"
    kvm_problem: str | None = "it was not looked for"
    docker: DockerDaemon | None = None
    docker_problem: str | None = "it was not looked for"
    swap: bool = False
    kernel_modules: bool = False  # /lib/modules of the running kernel is there
    kernel_config: str | None = None  # where this kernel's configuration can be read
    hidden_controllers: tuple[str, ...] = ()  # those that kubeadm wants to see in /proc/cgroups and does not
    openvswitch: bool = False  # the kernel has it or can load it


def probe_host(
    runner: ProcessRunner,
    *,
    root: Path = Path("/"),
    which: Callable[[str], str | None] = shutil.which,
    kvm_problem: Callable[[Path], str | None] | None = None,
    connect: Callable[[Path], str | None] | None = None,
) -> Host:
    """Look at this computer; takes well under a second. root, which and the two probes are replaced by tests."""
    docker, docker_problem = _docker(runner, root, which)
    modules = root / "lib/modules" / os.uname().release
    return Host(
        vagrant=which("vagrant") is not None,
        vagrant_plugins=_vagrant_plugins(root),
        virtualbox=which("VBoxManage") is not None,
        vbox_networks=_read(root / "etc/vbox/networks.conf"),
        libvirt_problem=_libvirt(root, connect or _connect),
        kvm_problem=_virtualisation(root) or (kvm_problem or open_kvm)(root / "dev/kvm"),
        docker=docker,
        docker_problem=docker_problem,
        swap=len((_read(root / "proc/swaps") or "").splitlines()) > 1,
        kernel_modules=modules.is_dir(),
        kernel_config=_kernel_config(root),
        hidden_controllers=_hidden_controllers(root),
        openvswitch=_openvswitch(root, modules),
    )


def _virtualisation(root: Path) -> str | None:
    """KVM without the processor's help (PVM, nested) makes virtual machines, but no unmodified system runs in them."""
    flags = re.search(r"^flags\s*:(.*)$", _read(root / "proc/cpuinfo") or "", re.MULTILINE)
    if flags is None or {"vmx", "svm"} & set(flags[1].split()):
        return None  # not x86, or there it is
    return "the processor offers no virtualisation here (neither vmx nor svm)"


def open_kvm(device: Path) -> str | None:
    """Why KVM cannot be used, found by really making a (memoryless) virtual machine; the file alone proves nothing."""
    import fcntl

    try:
        with device.open("r+b", buffering=0) as kvm:
            os.close(fcntl.ioctl(kvm, _KVM_CREATE_VM, 0))
    except OSError as error:
        return f"{device} cannot make a virtual machine: {error.strerror or error}"
    return None


def _connect(path: Path) -> str | None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError as error:
            return f"{path}: {error.strerror or error}"
    return None


def _libvirt(root: Path, connect: Callable[[Path], str | None]) -> str | None:
    problem = "libvirt is not running (no socket in /run/libvirt)"
    for name in _LIBVIRT_SOCKETS:
        if (root / name).exists():
            found = connect(root / name)
            if found is None:
                return None
            problem = f"libvirt does not answer: {found}"
    return problem


def _docker(
    runner: ProcessRunner, root: Path, which: Callable[[str], str | None]
) -> tuple[DockerDaemon | None, str | None]:
    if which("docker") is None:
        return None, "there is no docker command"
    try:
        completed = runner.run(["docker", "info", "--format", "{{json .}}"], timeout=10)
        info = json.loads(completed.stdout)
        if not info.get("ServerVersion"):
            raise ToolError("; ".join(info.get("ServerErrors") or ["it gave no version"]))
    except (ToolError, ValueError) as error:
        return None, f"the Docker daemon does not answer: {error}"
    return (
        DockerDaemon(
            version=str(info["ServerVersion"]),
            cgroup=int(info.get("CgroupVersion") or 1),
            cpus=int(info.get("NCPU") or 1),
            memory_mb=int(info.get("MemTotal") or 0) // (1 << 20),
            capabilities=_bounding_set(root),
            rootless="name=rootless" in (info.get("SecurityOptions") or ()),
            limits_memory=bool(info.get("MemoryLimit")),
            # Docker's own spelling changed between versions of its client.
            limits_cpu=bool(info.get("CpuCfsQuota", info.get("CPUCfsQuota"))),
            folder=info.get("DockerRootDir"),
        ),
        None,
    )


def _bounding_set(root: Path) -> int | None:
    """CapBnd of dockerd: what it lacks, no container of it can have."""
    pid = (_read(root / "run/docker.pid") or _read(root / "var/run/docker.pid") or "").strip()
    status = _read(root / "proc" / pid / "status") if pid.isdigit() else None
    for line in (status or "").splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return None


def vagrant_home() -> Path:
    """Where Vagrant keeps boxes and the user's plugins."""
    return Path(os.environ.get("VAGRANT_HOME") or "~/.vagrant.d").expanduser()


def _vagrant_plugins(root: Path) -> frozenset[str]:
    """Names of Vagrant plugins: the user's (plugins.json) and the distribution's (one JSON file each)."""
    names: set[str] = set()
    files = [vagrant_home() / "plugins.json"]
    for folder in _PLUGIN_FOLDERS:
        files += sorted((root / folder).glob("*.json"))
    for file in files:
        try:
            data = json.loads(_read(file) or "{}")
            # The distribution's files hold the plugin's name alone, Vagrant's own ones a table of the installed.
            names |= set(data.get("installed", {}) if file.name == "plugins.json" else data)
        except (ValueError, AttributeError, TypeError):
            continue
    return frozenset(names)


def _kernel_config(root: Path) -> str | None:
    for path in ("proc/config.gz", f"boot/config-{os.uname().release}"):
        if (root / path).exists():
            return f"/{path}"
    return None


def _hidden_controllers(root: Path) -> tuple[str, ...]:
    """Recent kernels list in /proc/cgroups only what cgroup v1 could use, fewer than kubeadm 1.21 looks for there."""
    rows = [line.split() for line in (_read(root / "proc/cgroups") or "").splitlines() if not line.startswith("#")]
    enabled = {row[0] for row in rows if row[-1] == "1"}
    return tuple(name for name in _CONTROLLERS if name not in enabled) if rows else ()


def _openvswitch(root: Path, modules: Path) -> bool:
    if (root / "sys/module/openvswitch").exists():
        return True
    return any("/openvswitch.ko" in (_read(modules / name) or "") for name in ("modules.dep", "modules.builtin"))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
