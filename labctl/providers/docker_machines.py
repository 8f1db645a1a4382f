"""Containers of a lab made by labctl itself, as the lab's Vagrantfile says, and known to Vagrant afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from labctl.adapters.ports import ProcessRunner
from labctl.plan import LabPlan, NodePlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_run import KEY, arguments, container_name, lab_options, label, node_values, volumes_of
from labctl.providers.interface import Launch
from labctl.workspace.files import write_whole

_SECONDS = 120.0


def make_machines(launch: Launch, image: Callable[[str], str], runner: ProcessRunner) -> None:
    """Make and start the containers of launch.ssh_ports all at once, from image(node). Raises ToolError."""
    key = (launch.folder / f"{KEY}.pub").read_text(encoding="utf-8")
    nodes = [launch.plan.node(name) for name in launch.ssh_ports]
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        list(pool.map(lambda node: _make(launch, node, image(node.name), key, runner), nodes))


def _make(launch: Launch, node: NodePlan, image: str, key: str, runner: ProcessRunner) -> None:
    """One container, as Vagrant's docker provider makes it: on Docker's own network first, then on the lab's."""
    plan, name = launch.plan, container_name(launch.plan, node.name)
    options = lab_options(plan, launch.host, bundle=launch.bundle, api_port=launch.api_port)
    values = node_values(node, launch.host, key)
    naming = ["--name", name, "--hostname", node.name, "--publish", f"127.0.0.1:{launch.ssh_ports[node.name]}:22"]
    made = runner.run(["docker", "create", *naming, *arguments(options, values), image]).stdout.strip()
    # By this file Vagrant knows a machine; a container that it does not know is taken for half made.
    write_whole(engine.vagrant_folder(launch.folder, node.name) / "docker/id", made)
    runner.run(["docker", "network", "connect", "--ip", node.ip, engine.network_name(plan), made])
    runner.run(["docker", "start", made], timeout=60)


def renew_volumes(plan: LabPlan, nodes: list[str], runner: ProcessRunner) -> None:
    """Empty volumes for these nodes; the containers that they have now go. Raises ToolError."""
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        list(pool.map(lambda node: _renew(plan, node, runner), nodes))


def _renew(plan: LabPlan, node: str, runner: ProcessRunner) -> None:
    # Older clients fail where there is none; one that could not be removed keeps its volumes from being removed, too.
    runner.run(["docker", "rm", "--force", "--volumes", container_name(plan, node)], check=False, timeout=_SECONDS)
    runner.run(["docker", "volume", "rm", "--force", *volumes_of(plan, node)], timeout=_SECONDS)
    for volume in volumes_of(plan, node):
        runner.run(["docker", "volume", "create", "--label", label(plan), volume])
