"""Which provider serves, and why the others do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labctl.errors import ToolError
from labctl.plan import default_plan
from labctl.providers.host import Host
from labctl.providers.registry import PROVIDERS, choose, provider_named
from labctl.providers.virtualbox import network_problem
from tests.golden.cases import NESTED, SERVER


def test_auto_takes_the_first_that_works() -> None:
    choice = choose("auto", SERVER)
    assert (choice.provider.name, choice.others) == ("virtualbox", ())


def test_auto_says_why_the_others_do_not_serve() -> None:
    choice = choose("auto", NESTED)
    assert choice.provider.name == "docker"
    assert [text.split(":")[0] for text in choice.others] == ["not virtualbox", "not libvirt"]
    assert "VBoxManage" in choice.others[0]
    assert "/dev/kvm" in choice.others[1]


def test_emulated_machines_are_there_for_who_asks_for_them() -> None:
    assert choose("libvirt", NESTED).provider.name == "libvirt"


@pytest.mark.parametrize(
    ("name", "host", "reason"),
    [
        ("virtualbox", replace(SERVER, virtualbox=False), "VBoxManage"),
        ("virtualbox", replace(SERVER, vagrant=False), "Vagrant is not installed"),
        ("libvirt", replace(SERVER, vagrant=False), "Vagrant is not installed"),
        ("libvirt", replace(SERVER, vagrant_plugins=frozenset()), "vagrant-libvirt"),
        ("libvirt", replace(SERVER, libvirt_problem="no socket"), "no socket"),
        ("docker", replace(SERVER, docker=None, docker_problem="refused"), "refused"),
        ("docker", replace(SERVER, vagrant=False), "Vagrant is not installed"),
        ("docker", replace(SERVER, docker=replace(SERVER.docker, rootless=True)), "rootless"),  # type: ignore[type-var]
    ],
)
def test_a_provider_that_cannot_work_is_refused_with_its_reason(name: str, host: Host, reason: str) -> None:
    with pytest.raises(ToolError, match=f"the provider {name} cannot work .*{reason}"):
        choose(name, host)


def test_where_none_works_each_reason_is_told() -> None:
    with pytest.raises(ToolError) as caught:
        choose("auto", Host())
    assert [line.split(":")[0] for line in (caught.value.output or "").splitlines()] == [
        f"not {provider.name}" for provider in PROVIDERS
    ]


def test_an_unknown_provider_is_told_the_known_ones() -> None:
    with pytest.raises(ToolError) as caught:
        provider_named("hyperv")
    assert "virtualbox, libvirt, docker" in (caught.value.hint or "")


def test_a_container_s_allowances_come_from_the_host() -> None:
    docker = provider_named("docker")
    nested = docker.node_environment(NESTED)
    assert (nested.runc_wrapper, nested.kernel_modules, nested.fail_swap_on, nested.fast_datapath) == (
        True,
        False,
        False,
        False,
    )
    assert list(nested.ignore_preflight) == ["Swap"]
    server = docker.node_environment(SERVER)
    assert (server.container, server.runc_wrapper, server.kernel_modules, server.fail_swap_on) == (
        True,
        False,
        True,
        True,
    )
    assert server.ignore_preflight == {}


def test_what_a_container_cannot_show_kubeadm_is_ignored_by_name() -> None:
    docker = provider_named("docker")
    for host in (
        replace(SERVER, kernel_config=None),
        replace(SERVER, hidden_controllers=("memory",)),
        replace(SERVER, docker=replace(SERVER.docker, capabilities=None)),  # type: ignore[type-var]
    ):
        assert list(docker.node_environment(host).ignore_preflight) == ["SystemVerification"]


@pytest.mark.parametrize("name", ["virtualbox", "libvirt"])
def test_a_virtual_machine_needs_no_allowances(name: str) -> None:
    environment = provider_named(name).node_environment(NESTED)
    assert (environment.container, environment.ignore_preflight) == (False, {})


@pytest.mark.parametrize(
    ("conf", "fine"),
    [
        (None, False),
        ("* 192.168.56.0/21\n", False),
        ("* 192.168.50.0/24 192.168.56.0/21\n", True),
        ("# a comment\n* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64", True),
        ("* 0.0.0.0/0 ::/0", True),
        ("* not-a-range 192.168.50.0/25", False),
    ],
)
def test_virtualbox_s_ranges(conf: str | None, fine: bool) -> None:
    problem = network_problem(default_plan(), conf)
    assert (problem is None) is fine
    assert fine or "/etc/vbox/networks.conf" in str(problem)


def test_virtualbox_says_where_its_ranges_are_allowed() -> None:
    told = provider_named("virtualbox").advice(default_plan(), Host(virtualbox=True))
    assert told is not None
    assert "/etc/vbox/networks.conf" in told
    allowed = Host(virtualbox=True, vbox_networks="* 192.168.50.0/24\n")
    assert provider_named("virtualbox").advice(default_plan(), allowed) is None
    assert provider_named("docker").advice(default_plan(), Host()) is None
