"""What every Machines promises, on the fake and on Vagrant itself.

Vagrant is real where it needs no machine (parsing, validating, refusing); where it would need one, a program in its
place behaves as Vagrant was seen to, bad habits included. Real machines come up in tests/e2e.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.adapters.ports import Machines
from labctl.adapters.vagrant import VagrantMachines
from labctl.errors import ToolError
from labctl.providers.registry import PROVIDERS
from tests.fakes import FakeMachines, World
from tests.golden.cases import CASES

NAMES = ["k8s-master", "node-1"]
IMPOSTOR = r"""
#!/usr/bin/env python3
# Behaves as Vagrant 2.3.4: state in files, machine-readable output among banners and warnings.
import os, pathlib, re, sys
state = pathlib.Path("state"); state.mkdir(exist_ok=True)
names = ["k8s-master", "node-1"]
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
pathlib.Path("environment").write_text("\n".join(f"{k}={v}" for k, v in os.environ.items()))
pathlib.Path("asked").open("a").write(" ".join(sys.argv[1:]) + "\n")
mode = pathlib.Path("mode").read_text() if pathlib.Path("mode").exists() else ""
running = [name for name in names if (state / name).exists()]
if arguments[0] == "up":
    if mode == "taken":
        sys.exit("docker: Error: listen tcp4 127.0.0.1:16443: bind: address already in use")
    if mode == "crossed":
        pathlib.Path("mode").unlink()
        sys.exit("Error: No such object: f699b8daac77")
    wanted = [name for name in names if re.match(arguments[1].strip("/"), name)]
    for name in wanted:
        print(f"==> {name}: Machine booted and ready!", flush=True)
        if mode != "lazy":
            (state / name).touch()
elif arguments[0] == "status":
    print("==> vagrant: A new version of Vagrant is available: 2.4.9!\n\nwarning, with, commas")
    for name in names:
        print(f"1700000000,{name},metadata,provider,docker")
        print(f"1700000000,{name},provider-name,docker")
        print(f"1700000000,{name},state,{'running' if name in running else 'not_created'}")
        print(f"1700000000,{name},state-human-long,One%!(VAGRANT_COMMA) two\\nthree")
    print("1700000000,,ui,info,Current machine states:\\n\\nk8s-master,running")
elif arguments[0] == "suspend":
    for name in names:
        if re.match(arguments[1].strip("/"), name):
            (state / name).unlink(missing_ok=True)
elif arguments[:2] == ["snapshot", "save"]:
    for name in running or names:
        (state / f"{name}.{arguments[2]}").touch()
elif arguments[:2] == ["snapshot", "list"]:
    print("warning, with, commas")
    for name in names:
        print(f"1700000000,{name},ui,output,")
        if not list(state.glob(f"{name}.*")):
            print(f"1700000000,{name},ui,detail,    {name}: You can take a snapshot using `vagrant snapshot save`.")
        for file in state.glob(f"{name}.*"):
            print(f"1700000000,{name},ui,detail,{file.name.split('.')[1]}")
elif arguments[0] == "snapshot":
    for name in names:
        if re.match(arguments[2].strip("/"), name):
            file = state / f"{name}.{arguments[3]}"
            if not file.exists():
                sys.exit("The snapshot name was not found for the virtual machine.")
            if arguments[1] == "delete":
                file.unlink()
elif arguments[0] == "ssh-config":
    if len(running) < len(names):
        sys.exit("The provider for this Vagrant-managed machine is reporting that it is not yet ready for SSH.")
    print("\n".join(f"Host {name}\n  HostName 127.0.0.1\n  User vagrant\n" for name in running))
elif arguments[0] == "destroy":
    for name in running:
        (state / name).unlink()
    if mode == "network":
        sys.exit("Error response from daemon: error while removing network: it has active endpoints")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A lab's folder and a PATH on which `vagrant` is the impostor."""
    lab = tmp_path / "my lab"
    lab.mkdir()
    (lab / "Vagrantfile").write_text("# for the impostor\n")
    program = tmp_path / "bin" / "vagrant"
    program.parent.mkdir()
    program.write_text(textwrap.dedent(IMPOSTOR).lstrip())
    program.chmod(0o755)
    return lab


@pytest.fixture
def real(folder: Path, monkeypatch: pytest.MonkeyPatch) -> VagrantMachines:
    monkeypatch.setenv("PATH", f"{folder.parent / 'bin'}:{os.environ['PATH']}")
    return VagrantMachines(folder, os.environ, folder / "logs" / "vagrant.log")


@pytest.fixture(params=["fake", "vagrant"])
def machines(request: pytest.FixtureRequest) -> Machines:
    if request.param == "fake":
        return FakeMachines(World())
    found = request.getfixturevalue("real")
    assert isinstance(found, VagrantMachines)
    return found


def test_machines_that_were_started_run(machines: Machines) -> None:
    said: list[str] = []
    machines.up(NAMES, provider="docker", on_line=said.append)
    assert {name: machines.status().get(name) for name in NAMES} == dict.fromkeys(NAMES, "running")
    assert said
    machines.up(NAMES, provider="docker")


def test_ssh_config_names_each_machine(machines: Machines) -> None:
    with pytest.raises(ToolError):
        machines.ssh_config()
    machines.up(NAMES, provider="docker")
    text = machines.ssh_config()
    assert all(f"Host {name}\n" in text for name in NAMES)


def test_a_suspended_machine_does_not_run_until_up(machines: Machines) -> None:
    machines.up(NAMES, provider="docker")
    machines.suspend(["node-1"])
    assert machines.status()["node-1"] != "running"
    assert machines.status()["k8s-master"] == "running"
    machines.up(NAMES, provider="docker")
    assert machines.status() == dict.fromkeys(NAMES, "running")


def test_snapshots_are_kept_for_each_machine(machines: Machines) -> None:
    machines.up(NAMES, provider="docker")
    assert machines.snapshots() == {}
    machines.save_snapshot("labctl-1")
    machines.save_snapshot("labctl-2")
    assert machines.snapshots() == {name: {"labctl-1", "labctl-2"} for name in NAMES}
    machines.restore_snapshot(["node-1"], "labctl-1")
    machines.delete_snapshot(["node-1"], "labctl-1")
    assert machines.snapshots()["node-1"] == {"labctl-2"}
    with pytest.raises(ToolError):
        machines.restore_snapshot(NAMES, "labctl-1")


def test_destroyed_machines_do_not_run_and_none_is_no_error(machines: Machines) -> None:
    machines.destroy()
    machines.up(NAMES, provider="docker")
    machines.destroy()
    assert "running" not in machines.status().values()


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().splitlines()


def test_one_vagrant_starts_all_machines(real: VagrantMachines, folder: Path) -> None:
    real.up(NAMES, provider="docker")
    assert [line.split()[0] for line in asked(folder)] == ["up", "status"]


def test_only_the_named_machines_are_started(real: VagrantMachines) -> None:
    real.up(["node-1"], provider="docker")
    assert real.status() == {"k8s-master": "not_created", "node-1": "running"}


def test_restored_machines_are_neither_started_nor_provisioned(real: VagrantMachines, folder: Path) -> None:
    real.up(NAMES, provider="docker")
    real.save_snapshot("labctl-1")
    real.restore_snapshot(["node-1"], "labctl-1")
    assert asked(folder)[-1] == "snapshot restore --no-start --no-provision /^(node\\-1)$/ labctl-1"


def test_a_vagrant_that_ends_well_is_not_believed(real: VagrantMachines, folder: Path) -> None:
    (folder / "mode").write_text("lazy")
    with pytest.raises(ToolError, match="not all machines run: k8s-master is not_created") as caught:
        real.up(NAMES, provider="docker")
    assert "Machine booted" in (caught.value.output or "")


def test_a_failure_carries_command_output_and_what_to_do(real: VagrantMachines, folder: Path) -> None:
    (folder / "mode").write_text("taken")
    with pytest.raises(ToolError, match="exit code 1") as caught:
        real.up(NAMES, provider="docker")
    assert caught.value.command == ("vagrant", "up", "--provider=docker")
    assert "address already in use" in (caught.value.output or "")
    assert "ss -ltnp" in (caught.value.hint or "")


def test_a_container_of_others_that_ends_meanwhile_is_no_failure(real: VagrantMachines, folder: Path) -> None:
    (folder / "mode").write_text("crossed")
    real.up(NAMES, provider="docker")
    assert [line.split()[0] for line in asked(folder)] == ["up", "up", "status"]


def test_destroy_is_judged_by_the_machines(real: VagrantMachines, folder: Path) -> None:
    real.up(NAMES, provider="docker")
    (folder / "mode").write_text("network")
    real.destroy()
    assert set(real.status().values()) == {"not_created"}


def test_a_folder_without_vagrantfile_has_nothing_to_destroy(real: VagrantMachines, folder: Path) -> None:
    (folder / "Vagrantfile").unlink()
    real.destroy()
    assert not (folder / "asked").exists()


def test_the_user_s_own_vagrant_settings_do_not_lead_elsewhere(
    real: VagrantMachines, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAGRANT_CWD", "/somewhere")
    machines = VagrantMachines(folder, {**os.environ, "MARK": "kept"}, folder / "log")
    machines.status()
    seen = (folder / "environment").read_text().splitlines()
    assert "MARK=kept" in seen
    assert "VAGRANT_CHECKPOINT_DISABLE=1" in seen
    assert not any(line.startswith("VAGRANT_CWD=") for line in seen)


def test_a_provider_s_own_answers_spare_vagrant(real: VagrantMachines, folder: Path) -> None:
    machines = VagrantMachines(
        folder,
        os.environ,
        folder / "log",
        states=lambda: dict.fromkeys(NAMES, "running"),
        ssh_config=lambda: "Host k8s-master\n",
    )
    machines.up(NAMES, provider="docker")
    assert machines.ssh_config() == "Host k8s-master\n"
    assert not (folder / "asked").exists()


def test_without_vagrant_the_way_to_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ToolError, match="no vagrant") as caught:
        VagrantMachines(folder, os.environ, folder / "log").status()
    assert "labctl setup" in (caught.value.hint or "")


# Vagrant itself, on rendered files. virtualbox needs VirtualBox to validate its own settings: not here.
VALIDATED: dict[str, tuple[str, ...]] = {
    "../../Vagrantfile": ("--ignore-provider",),
    "Vagrantfile-libvirt-kvm.golden": (),
    "Vagrantfile-libvirt-emulated-own-box.golden": (),
    "Vagrantfile-docker-server.golden": (),
}


@pytest.mark.parametrize("name", VALIDATED)
def test_vagrant_finds_a_rendered_file_valid(name: str, tmp_path: Path, isolated: Callable[[], dict[str, str]]) -> None:
    (tmp_path / "Vagrantfile").write_text(CASES[name]())
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAA labctl\n")
    (tmp_path / "id_ed25519").write_text("not used by validate\n")
    provider = "docker" if "docker" in name else "libvirt" if "libvirt" in name else "virtualbox"
    environment = isolated()
    if provider == "docker":
        environment["PATH"] = f"{a_docker_that_answers(tmp_path)}:{environment['PATH']}"
    done = subprocess.run(
        ["vagrant", "validate", *VALIDATED[name]],
        cwd=tmp_path,
        env={**environment, "VAGRANT_DEFAULT_PROVIDER": provider},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def a_docker_that_answers(folder: Path) -> Path:
    """A folder for PATH: Vagrant asks `docker version` before it validates, and here no daemon need run."""
    program = folder / "bin" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program.parent


def test_a_rendered_file_of_every_provider_is_validated() -> None:
    assert {provider.name for provider in PROVIDERS} == {
        "virtualbox",
        *(name.split("-")[1] for name in VALIDATED if "-" in name),
    }


@pytest.fixture
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, str]]:
    """This environment, but with a Vagrant home of the test's own."""
    home = tmp_path_factory.mktemp("vagrant-home")
    return lambda: {**os.environ, "VAGRANT_HOME": str(home), "VAGRANT_CHECKPOINT_DISABLE": "1"}


def test_vagrant_itself_says_that_nothing_is_created_yet(
    tmp_path: Path, isolated: Callable[[], dict[str, str]]
) -> None:
    assert shutil.which("vagrant"), "make test installs it"
    machine = 'm.vm.provider("docker") { |docker| docker.image = "x" }'
    (tmp_path / "Vagrantfile").write_text(
        f'Vagrant.configure("2") {{ |c| %w[a b].each {{ |name| c.vm.define(name) {{ |m| {machine} }} }} }}\n'
    )
    machines = VagrantMachines(tmp_path, {**isolated(), "VAGRANT_DEFAULT_PROVIDER": "docker"}, tmp_path / "log")
    assert machines.status() == {"a": "not_created", "b": "not_created"}
    with pytest.raises(ToolError):
        machines.ssh_config()
