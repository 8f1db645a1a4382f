"""Looking at a computer, on folders that stand for one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.providers.host import Host, open_kvm, probe_host

INFO = {
    "ServerVersion": "20.10.24",
    "CgroupVersion": "1",
    "NCPU": 2,
    "MemTotal": 8 << 30,
    "MemoryLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
}


class Docker:
    """ProcessRunner that answers `docker info`."""

    def __init__(self, answer: Mapping[str, Any] | str | ToolError = INFO) -> None:
        self.answer = answer

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        check: bool = True,
    ) -> Completed:
        if isinstance(self.answer, ToolError):
            raise self.answer
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return Completed(tuple(command), 0, text, "")


def found(name: str) -> str | None:
    return f"/usr/bin/{name}"


def look(root: Path, runner: Docker | None = None, which: Callable[[str], str | None] = found) -> Host:
    return probe_host(runner or Docker(), root=root, which=which, kvm_problem=lambda _: None, connect=lambda _: None)


def put(root: Path, path: str, text: str = "") -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture(autouse=True)
def vagrant_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path / "vagrant.d"))
    return tmp_path / "vagrant.d"


def test_a_bare_computer(tmp_path: Path) -> None:
    host = look(tmp_path, which=lambda _: None)
    assert host == Host(
        libvirt_problem="libvirt is not running (no socket in /run/libvirt)",
        kvm_problem=None,
        docker_problem="there is no docker command",
    )


def test_the_daemon_and_what_it_may(tmp_path: Path) -> None:
    put(tmp_path, "run/docker.pid", "77")
    put(tmp_path, "proc/77/status", "Name:\tdockerd\nCapBnd:\t000001fffeffffff\n")
    docker = look(tmp_path).docker
    assert docker is not None
    assert (docker.version, docker.cgroup, docker.cpus, docker.memory_mb) == ("20.10.24", 1, 2, 8192)
    assert docker.capabilities == 0x1FFFEFFFFFF
    assert (docker.rootless, docker.limits_memory, docker.limits_cpu) == (False, True, True)


def test_a_daemon_out_of_sight_has_unknown_capabilities(tmp_path: Path) -> None:
    docker = look(tmp_path, Docker({**INFO, "SecurityOptions": ["name=rootless"]})).docker
    assert docker is not None
    assert (docker.capabilities, docker.rootless) == (None, True)


@pytest.mark.parametrize(
    "answer",
    [ToolError("docker failed with exit code 1"), "not JSON", {"ServerVersion": "", "ServerErrors": ["refused"]}],
)
def test_a_daemon_that_does_not_answer(tmp_path: Path, answer: Mapping[str, Any] | str | ToolError) -> None:
    host = look(tmp_path, Docker(answer))
    assert host.docker is None
    assert "the Docker daemon does not answer" in str(host.docker_problem)


def test_plugins_of_the_user_and_of_the_distribution(tmp_path: Path, vagrant_home: Path) -> None:
    put(vagrant_home, "plugins.json", '{"installed": {"vagrant-mutate": {}}}')
    put(tmp_path, "usr/share/vagrant-plugins/plugins.d/vagrant-libvirt.json", '{"vagrant-libvirt": {}}')
    put(tmp_path, "usr/share/vagrant-plugins/plugins.d/broken.json", "{")
    assert look(tmp_path).vagrant_plugins == {"vagrant-mutate", "vagrant-libvirt"}


def test_libvirt_s_socket_must_answer(tmp_path: Path) -> None:
    put(tmp_path, "run/libvirt/libvirt-sock")
    assert look(tmp_path).libvirt_problem is None
    refused = probe_host(Docker(), root=tmp_path, which=found, kvm_problem=lambda _: None)
    assert "libvirt does not answer" in str(refused.libvirt_problem)


@pytest.mark.parametrize(("flags", "works"), [("fpu vmx sse", True), ("svm", True), ("fpu hypervisor", False)])
def test_kvm_without_the_processor_s_help_does_not_count(tmp_path: Path, flags: str, works: bool) -> None:
    put(tmp_path, "proc/cpuinfo", f"processor\t: 0\nflags\t\t: {flags}\n")
    assert (look(tmp_path).kvm_problem is None) is works


def test_a_kvm_that_is_only_a_file(tmp_path: Path) -> None:
    put(tmp_path, "dev/kvm")
    assert "cannot make a virtual machine" in str(open_kvm(tmp_path / "dev/kvm"))
    assert "cannot make a virtual machine" in str(open_kvm(tmp_path / "none"))


def test_swap_modules_and_open_vswitch(tmp_path: Path) -> None:
    header = "Filename Type Size Used Priority\n"
    put(tmp_path, "proc/swaps", header)
    assert not look(tmp_path).swap
    put(tmp_path, "proc/swaps", header + "/swap.img file 2097148 0 -2\n")
    modules = f"lib/modules/{os.uname().release}"
    put(tmp_path, f"{modules}/modules.dep", "kernel/net/openvswitch/openvswitch.ko.xz: kernel/net/nsh/nsh.ko.xz\n")
    host = look(tmp_path)
    assert (host.swap, host.kernel_modules, host.openvswitch) == (True, True, True)


def test_the_kernel_s_configuration_is_found(tmp_path: Path) -> None:
    assert look(tmp_path).kernel_config is None
    put(tmp_path, f"boot/config-{os.uname().release}")
    assert look(tmp_path).kernel_config == f"/boot/config-{os.uname().release}"
    put(tmp_path, "proc/config.gz")
    assert look(tmp_path).kernel_config == "/proc/config.gz"


def test_controllers_that_the_kernel_no_longer_lists(tmp_path: Path) -> None:
    assert look(tmp_path).hidden_controllers == ()
    rows = [f"{name}\t0\t80\t1" for name in ("cpu", "cpuacct", "devices", "freezer")]
    put(
        tmp_path,
        "proc/cgroups",
        "\n".join(["#subsys_name\thierarchy\tnum_cgroups\tenabled", *rows, "memory\t0\t80\t0"]),
    )
    assert look(tmp_path).hidden_controllers == ("cpuset", "memory")


def test_this_computer_can_be_looked_at() -> None:
    from labctl.adapters.process import LocalProcessRunner

    assert isinstance(probe_host(LocalProcessRunner()), Host)
