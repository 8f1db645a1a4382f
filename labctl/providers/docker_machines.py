"""Containers of a lab made by labctl itself, as the lab's Vagrantfile says, and known to Vagrant afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.plan import NodePlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_ending import REMOVE, end
from labctl.providers.docker_run import KEY, arguments, container_name, lab_options, node_values, volumes_of
from labctl.providers.interface import Launch
from labctl.workspace.files import write_whole

_SECONDS = 120.0


def make_machines(
    launch: Launch, image: Callable[[str], str], fill: Callable[[], object], runner: ProcessRunner
) -> None:
    """Make the containers of launch.ssh_ports all at once, from image(node), and start them. Raises ToolError.

    What there is of them goes first. fill puts into their volumes, which are new, what the nodes are to find there.
    """
    key = (launch.folder / f"{KEY}.pub").read_text(encoding="utf-8")
    nodes = [launch.plan.node(name) for name in launch.ssh_ports]
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        made = list(pool.map(lambda node: _make(launch, node, image(node.name), key, runner), nodes))
        fill()
        list(pool.map(lambda node, container: _start(launch, node, container, runner), nodes, made))


def _make(launch: Launch, node: NodePlan, image: str, key: str, runner: ProcessRunner) -> str:
    """One container, as Vagrant's docker provider makes it, and with it its volumes; returns its id."""
    plan, name = launch.plan, container_name(launch.plan, node.name)
    # Older clients fail where there is none; one that could not be removed keeps its volumes from being removed, too.
    with contextlib.suppress(ToolError):
        end(REMOVE, [name], runner)
    runner.run(["docker", "volume", "rm", "--force", *volumes_of(plan, node.name)], timeout=_SECONDS)
    options = lab_options(plan, launch.host, bundle=launch.bundle, api_port=launch.api_port)
    values = node_values(node, launch.host, key)
    naming = ["--name", name, "--hostname", node.name, "--publish", f"127.0.0.1:{launch.ssh_ports[node.name]}:22"]
    return runner.run(["docker", "create", *naming, *arguments(options, values), image]).stdout.strip()


def _start(launch: Launch, node: NodePlan, container: str, runner: ProcessRunner) -> None:
    """On Docker's own network it is already; then on the lab's, as with Vagrant."""
    # By this file Vagrant knows a machine; a container that it does not know is taken for half made.
    write_whole(engine.vagrant_folder(launch.folder, node.name) / "docker/id", container)
    runner.run(["docker", "network", "connect", "--ip", node.ip, engine.network_name(launch.plan), container])
    runner.run(["docker", "start", container], timeout=60)
