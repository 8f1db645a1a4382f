"""Containers of a lab made by labctl itself, as the lab's Vagrantfile says, and known to Vagrant afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labctl.adapters.ports import ProcessRunner
from labctl.plan import NodePlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_ending import REMOVE, end
from labctl.providers.docker_run import (
    KEY,
    VOLUMES,
    arguments,
    container_name,
    lab_options,
    node_values,
    volume_options,
    volumes_of,
)
from labctl.providers.docker_volumes import in_volumes
from labctl.providers.interface import Launch
from labctl.workspace.files import write_whole


@dataclass(frozen=True)
class Sources:
    """From what nodes are made. volume: of Docker, by which the folder of all its volumes is found.

    image: node -> image. folder: (node, end of a volume's name, see VOLUMES) -> the folder among Docker's volumes, as
    VOLUME/_data, from which the node's volume is filled; None leaves it empty. wait: returns once it can be.
    """

    volume: str
    image: Callable[[str], str]
    folder: Callable[[str, str], str | None]
    wait: Callable[[], object] = lambda: None


def make_machines(launch: Launch, sources: Sources, runner: ProcessRunner) -> None:
    """Make the containers of launch.ssh_ports all at once and start them; what there is of them goes first.

    Raises ToolError. Volumes are filled as soon as the old containers' processes have ended, while Docker still takes
    their networks apart and makes new ones.
    """
    key = (launch.folder / f"{KEY}.pub").read_text(encoding="utf-8")
    nodes = [launch.plan.node(name) for name in launch.ssh_ports]
    old = {name: pid for name, pid in engine.pids(launch.plan, runner).items() if name in launch.ssh_ports}
    for node in nodes:
        # After a cut, a container that Vagrant does not know is taken for half made: its volumes may be filled by half.
        engine.vagrant_id(launch.folder, node.name).unlink(missing_ok=True)
    with ThreadPoolExecutor(max_workers=len(nodes) + 1) as pool:
        filling = pool.submit(_fill, launch, sources, [pid for pid in old.values() if pid], runner)

        def replace(node: NodePlan) -> None:
            if node.name in old:
                end(REMOVE, [container_name(launch.plan, node.name)], runner)
            made = _make(launch, node, sources.image(node.name), key, runner)
            filling.result()
            _start(launch, node, made, runner)

        list(pool.map(replace, nodes))


def _fill(launch: Launch, sources: Sources, writers: Sequence[int], runner: ProcessRunner) -> None:
    """Make all volumes of these nodes that are not there yet, and let them hold what sources says and nothing else.

    Begins when none of the writers, processes by their ids, is there any more.
    """
    sources.wait()
    pairs, options = [], ["--pid", "host"]
    for node in launch.ssh_ports:
        for what, volume in zip(VOLUMES, volumes_of(launch.plan, node), strict=True):
            pairs += [sources.folder(node, what) or "-", f"{volume}/_data"]
            options += ["--mount", f"{volume_options(launch.plan, volume)},target=/made/{volume}"]
    image = sources.image(next(iter(launch.ssh_ports)))
    pids = " ".join(map(str, writers))
    in_volumes("sow.sh", sources.volume, [pids, *pairs], image, runner, options)


def _make(launch: Launch, node: NodePlan, image: str, key: str, runner: ProcessRunner) -> str:
    """One container, as Vagrant's docker provider makes it; returns its id."""
    plan, name = launch.plan, container_name(launch.plan, node.name)
    options = lab_options(plan, launch.host, bundle=launch.bundle, api_port=launch.api_port)
    values = node_values(node, launch.host, key)
    naming = ["--name", name, "--hostname", node.name, "--publish", f"127.0.0.1:{launch.ssh_ports[node.name]}:22"]
    return runner.run(["docker", "create", *naming, *arguments(options, values), image]).stdout.strip()


def _start(launch: Launch, node: NodePlan, container: str, runner: ProcessRunner) -> None:
    """On Docker's own network it is already; then on the lab's, as with Vagrant."""
    # By this file Vagrant knows a machine; a container that it does not know is taken for half made.
    write_whole(engine.vagrant_id(launch.folder, node.name), container)
    runner.run(["docker", "network", "connect", "--ip", node.ip, engine.network_name(launch.plan), container])
    runner.run(["docker", "start", container], timeout=60)
