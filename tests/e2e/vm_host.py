"""This computer as one that runs virtual machines: QEMU, libvirt and vagrant-libvirt, and what they hold.

No lab belongs here: only the host. The box of the machines is vm_box.py's.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
# Programs that prove the packages; the recommended ones beside them are a desktop's.
PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "dnsmasq": "dnsmasq-base",
    "vagrant": "vagrant",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
}
PLUGIN = Path("/usr/share/vagrant-plugins/plugins.d/vagrant-libvirt.json")
URI = "qemu:///system"
_SYSTEM_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def run(*command: str, timeout: float = 60, env: dict[str, str] | None = None) -> str:
    """Standard output of a command; fails the test with all that it wrote."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout, env=env)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def install() -> None:
    """Install what is missing, from the distribution."""
    missing = [package for program, package in PACKAGES.items() if shutil.which(program, path=_SYSTEM_PATH) is None]
    if not PLUGIN.exists():
        missing.append("vagrant-libvirt")
    if not missing:
        return
    apt = [*ROOT, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "-y"]
    run(*apt, "update", timeout=300)
    run(*apt, "install", "--no-install-recommends", *missing, timeout=900)


@contextmanager
def running_libvirt() -> Iterator[None]:
    """libvirtd answers within; daemons that had to be started here, without an init system, end afterwards."""
    with ExitStack() as stack:
        if not _answers():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labctl-libvirt-")))
            for daemon in ("virtlogd", "libvirtd"):
                file = folder / f"{daemon}.pid"
                program = shutil.which(daemon, path=_SYSTEM_PATH)
                assert program is not None
                run(*ROOT, *_opening(folder), program, "--daemon", "--pid-file", str(file))
                stack.callback(_end, file)
            _until(_answers, "libvirtd answers")
        yield


def _opening(folder: Path) -> list[str]:
    """What starts libvirtd where QEMU's own user may open /dev/kvm, as udev sees to elsewhere; nothing if refused.

    Otherwise libvirt, as root, hears from QEMU that there is KVM, sees that QEMU's user may not open it, and takes no
    answer for valid: each time that it wants to know what QEMU can do, a dozen times for a start of a machine, it asks
    anew, for four seconds and more. Whether KVM works is another matter: the machines are emulated.
    """
    device = Path("/dev/kvm")
    if not device.exists() or device.stat().st_mode & 0o066:
        return []
    mount = '{ test -e "$1" || cp --archive "$2" "$1"; } && chmod 666 "$1" && mount --bind "$1" "$2" && shift 2'
    opening = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh", str(folder / "kvm"), str(device)]
    tried = subprocess.run([*ROOT, *opening, "true"], check=False, capture_output=True)
    return opening if tried.returncode == 0 else []


@dataclass(frozen=True)
class Holdings:
    """What libvirt holds: names of domains, networks and, by pool, volumes; and bridges of this computer."""

    domains: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    bridges: frozenset[str] = frozenset()

    def __sub__(self, other: Holdings) -> Holdings:
        return Holdings(
            self.domains - other.domains,
            self.networks - other.networks,
            self.volumes - other.volumes,
            self.bridges - other.bridges,
        )


def holdings() -> Holdings:
    """Look at libvirt and at the computer's bridges."""
    volumes = set()
    for pool in virsh("pool-list", "--name").split():
        virsh("pool-refresh", pool)
        rows = virsh("vol-list", pool).splitlines()
        volumes |= {f"{pool}/{row.split()[0]}" for row in rows if row.strip()}
    links = run("ip", "-o", "link", "show", "type", "bridge").splitlines()
    return Holdings(
        frozenset(virsh("list", "--all", "--name").split()),
        frozenset(virsh("net-list", "--all", "--name").split()),
        frozenset(volumes),
        frozenset(name for link in links if (name := link.split(": ")[1]).startswith("virbr")),
    )


def virsh(*arguments: str) -> str:
    """What virsh says."""
    return run("virsh", "--quiet", "--connect", URI, *arguments)


def remove_volumes(names: Sequence[str]) -> None:
    """Delete volumes (pool/name): vagrant-libvirt keeps a box's image in the pool when machines and box are gone."""
    for name in names:
        pool, _, volume = name.partition("/")
        virsh("vol-delete", "--pool", pool, volume)


def _answers() -> bool:
    return subprocess.run(["virsh", "--connect", URI, "version"], check=False, capture_output=True).returncode == 0


def _end(pid_file: Path) -> None:
    """End the daemon of that file, and no other; its machines and networks would live on."""
    pid = int(run(*ROOT, "cat", str(pid_file)))
    run(*ROOT, "kill", f"-{signal.SIGTERM.value}", str(pid))
    _until(lambda: not Path(f"/proc/{pid}").exists(), f"process {pid} is gone")


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, f"not within 60 s: {what}"
        time.sleep(0.2)
