"""What the golden files hold: name of the file -> how it is rendered. Nothing here depends on this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labctl.config import load_config
from labctl.plan import Box, LabPlan, expected_bundle, make_plan
from labctl.providers.host import DockerDaemon, Host
from labctl.providers.registry import provider_named
from labctl.render import NodeEnvironment, render_inventory, render_kubeadm, render_vagrantfile

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_VAGRANTFILE = "../../Vagrantfile"

# A server as most are: every capability, cgroup v2, kernel modules.
SERVER = Host(
    vagrant=True,
    vagrant_plugins=frozenset({"vagrant-libvirt"}),
    virtualbox=True,
    libvirt_problem=None,
    kvm_problem=None,
    docker=DockerDaemon(version="28.5.1", cgroup=2, cpus=4, memory_mb=16000, capabilities=0x1FFFFFFFFFF),
    docker_problem=None,
    kernel_modules=True,
    kernel_config="/boot/config-6.8.0-generic",
    openvswitch=True,
)
# A container or small virtual machine in which Docker runs: no CAP_SYS_RESOURCE, cgroup v1, swap, no modules, no KVM.
NESTED = Host(
    vagrant=True,
    libvirt_problem=None,
    vagrant_plugins=frozenset({"vagrant-libvirt"}),
    kvm_problem="no /dev/kvm",
    docker=DockerDaemon(version="20.10.24", cgroup=1, cpus=2, memory_mb=16000, capabilities=0x1FFFEFFFFFF),
    docker_problem=None,
    swap=True,
    kernel_config="/proc/config.gz",
)


def default_lab(provider: str, source: str = "upstream") -> LabPlan:
    """The lab of vagrant/lab.yml, on a provider, from a bundle that is not filled yet."""
    bundle = expected_bundle(source, "for the golden files", "/nowhere")
    return make_plan(load_config(ROOT / "vagrant/lab.yml"), bundle, provider, "for the golden files")


def vagrantfile(provider: str, host: Host, bundle: str | None = None, api_port: int | None = None) -> str:
    """The default lab's Vagrantfile."""
    return _vagrantfile(default_lab(provider), host, bundle, api_port)


def _vagrantfile(plan: LabPlan, host: Host, bundle: str | None = None, api_port: int | None = None) -> str:
    mount = Path(bundle) if bundle else None
    rendering = provider_named(plan.provider).rendering(plan, host, bundle=mount, api_port=api_port)
    return render_vagrantfile(plan, rendering)


def _own_box() -> LabPlan:
    box = Box("generic/debian12", "https://example.org/boxes/debian12.box", "4.3.12", "0" * 64)
    return replace(default_lab("libvirt"), box=box)


def _kubeadm(source: str, provider: str, host: Host) -> str:
    plan = default_lab(provider, source)
    return render_kubeadm(plan, provider_named(provider).node_environment(host))


CASES: dict[str, Callable[[], str]] = {
    DEFAULT_VAGRANTFILE: lambda: vagrantfile("virtualbox", SERVER),
    "Vagrantfile-virtualbox-api-port.golden": lambda: vagrantfile("virtualbox", SERVER, api_port=16443),
    "Vagrantfile-libvirt-kvm.golden": lambda: vagrantfile("libvirt", SERVER, api_port=16443),
    "Vagrantfile-libvirt-emulated-own-box.golden": lambda: _vagrantfile(_own_box(), NESTED),
    "Vagrantfile-docker-server.golden": lambda: vagrantfile("docker", SERVER, "/home/ann/b c/bundle", 16443),
    "Vagrantfile-docker-nested-copied-bundle.golden": lambda: vagrantfile("docker", NESTED),
    "inventory.golden": lambda: render_inventory(default_lab("docker"), "/home/ann/my labs/tutorial/ssh_config"),
    "kubeadm-virtual-machine.golden": lambda: render_kubeadm(default_lab("virtualbox"), NodeEnvironment()),
    "kubeadm-stock-settings.golden": lambda: render_kubeadm(
        replace(default_lab("virtualbox"), fast=False), NodeEnvironment()
    ),
    "kubeadm-container-with-swap.golden": lambda: _kubeadm("distribution", "docker", NESTED),
}
