"""Routes of this computer against the lab's networks."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ConfigError, ToolError
from labctl.plan import default_plan
from labctl.providers import docker_engine as engine
from labctl.providers.host import DockerDaemon, Host
from labctl.providers.registry import provider_named
from labctl.steps.preflight import Route, collisions, preflight, rooms, routes
from tests.unit.steps.conftest import Bench


def route(network: str, device: str = "tun0") -> Route:
    return Route(ipaddress.IPv4Network(network), device)


class Answering:
    """A runner whose `ip route` says what it is given."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, command: Any, **_: Any) -> Completed:
        return Completed(tuple(command), 0, self.text, "")


@pytest.mark.parametrize(
    ("network", "what"),
    [
        ("192.168.0.0/16", "the nodes' network"),
        ("192.168.50.128/25", "the nodes' network"),
        ("10.40.0.0/16", "the pod network"),
        ("10.96.0.0/16", "the service network"),
    ],
)
def test_a_foreign_route_over_a_lab_network_is_told(network: str, what: str) -> None:
    (said,) = collisions(default_plan(), [route(network)])
    assert said.startswith(what) and network in said and "tun0" in said


def test_the_labs_own_route_is_left_aside() -> None:
    own = [route("192.168.50.0/24", device) for device in ("br-0123", "virbr1", "vboxnet0")]
    assert collisions(default_plan(), own) == []
    assert collisions(default_plan(), [route("192.168.50.0/24", "eth0")])


def test_a_route_elsewhere_is_no_matter() -> None:
    assert collisions(default_plan(), [route("172.17.0.0/16", "docker0"), route("192.168.1.0/24", "eth0")]) == []


def test_preflight_raises_all_collisions_at_once(tmp_path: Path) -> None:
    table = json.dumps([{"dst": "default", "dev": "eth0"}, {"dst": "10.0.0.0/8", "dev": "tun0"}])
    with pytest.raises(ConfigError) as caught:
        preflight(default_plan(), Answering(table), {tmp_path: 1})  # type: ignore[arg-type]
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["not json", '[{"dst": "x/y"}]', "[1]", '{"a": 1}'])
def test_an_answer_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(ToolError, match="ip route"):
        routes(Answering(text))  # type: ignore[arg-type]


def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"{tmp_path} has [0-9]+ MB left; a lab needs {1 << 40} MB there") as caught:
        preflight(default_plan(), Answering("[]"), {tmp_path: 1 << 40})  # type: ignore[arg-type]
    assert "free some space" in (caught.value.hint or "")


def test_room_is_asked_for_where_machines_lie(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = bench.lab.workspace.root
    assert rooms(bench.lab) == {root: 5000}
    bench.lab.provider = provider_named("docker")
    daemon = DockerDaemon(version="20.10.24", cgroup=1, cpus=2, memory_mb=8000, capabilities=1, folder=str(tmp_path))
    bench.lab.host = Host(docker=daemon)
    states: dict[str, str] = {"node-1": "not_created", "node-2": "running"}
    monkeypatch.setattr(engine, "states", lambda *_: states)
    assert rooms(bench.lab) == {root: 50, tmp_path: 5000}
    states["node-1"] = "stopped"
    assert rooms(bench.lab) == {root: 50, tmp_path: 500}
    # A daemon of another computer has its folder there.
    bench.lab.host = Host(docker=replace(daemon, capabilities=None))
    assert rooms(bench.lab) == {root: 50}
