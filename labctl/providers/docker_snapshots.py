"""Snapshots of the docker provider: all containers frozen at once, each committed, and its volumes copied.

Nothing of Kubernetes is known here: what was frozen in one moment is what a power cut would have left, and every part
of a cluster is made to come up from that. Image layers are hard links; containers inside a node are left out, for
kubelet makes them anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.plan import LabPlan
from labctl.providers.docker_layers import checked
from labctl.providers.docker_machines import Sources, make_machines
from labctl.providers.docker_run import container_name, label
from labctl.providers.docker_volumes import in_volumes, present
from labctl.providers.interface import Checked, Launch, Saved, Tools

_SECONDS = 600.0


class DockerSnapshots:
    """Fulfils interface.SnapshotStore."""

    memory = False

    def save(self, plan: LabPlan, identity: str, tools: Tools) -> Saved:
        """Freeze, commit, copy, thaw. Raises ToolError; the machines run on in any case."""
        runner = tools.runner
        nodes = [node.name for node in plan.nodes]
        volume = _volume(plan, identity)
        runner.run(["docker", "volume", "create", "--label", label(plan), volume])
        with _frozen(plan, nodes, runner), ThreadPoolExecutor(max_workers=len(nodes) + 1) as pool:
            commits = [pool.submit(_commit, plan, identity, node, runner) for node in nodes]
            image = runner.run(
                ["docker", "container", "inspect", "--format", "{{.Image}}", container_name(plan, nodes[0])]
            ).stdout.strip()
            told = in_volumes("save.sh", volume, [volume, container_name(plan, ""), *nodes], image, runner)
            for commit in commits:
                commit.result()
        size, _, checksum = told.strip().partition(" ")
        return Saved(int(size) + _size_of_commits(plan, identity, nodes, runner), checksum)

    def check(self, plan: LabPlan, identity: str, checksum: str, nodes: Sequence[str], tools: Tools) -> Checked:
        """Its layers by their registers, all other files by the checksum. Raises ToolError."""
        volume = _volume(plan, identity)
        roots = [f"{volume}/_data/{node}/docker" for node in nodes]
        image, bundle = _image(plan, identity, nodes[0]), Path(plan.bundle.path)
        return checked(roots, image, bundle, tools.runner, volume=volume, checksum=checksum)

    def restore(self, launch: Launch, identity: str, tools: Tools) -> None:
        """Remove the containers of launch.ssh_ports and what is on their volumes, and make them from the snapshot."""
        volume = _volume(launch.plan, identity)
        sources = Sources(
            volume,
            image=lambda node: _image(launch.plan, identity, node),
            folder=lambda node, what: f"{volume}/_data/{node}/{what}",
        )
        make_machines(launch, sources, tools.runner)

    def holds(self, plan: LabPlan, identity: str, tools: Tools) -> bool:
        """Whether volume and images are there: `docker system prune` may have taken them."""
        images = [_image(plan, identity, node.name) for node in plan.nodes]
        return present(images, _volume(plan, identity), tools.runner)

    def keep_only(self, plan: LabPlan, identities: Sequence[str], tools: Tools) -> None:
        """Remove the data of this lab's snapshots but for these. Raises ToolError."""
        runner = tools.runner
        kept = {_volume(plan, identity) for identity in identities}
        chosen = ["--filter", f"label={label(plan)}"]
        volumes = runner.run(["docker", "volume", "ls", "--quiet", *chosen]).stdout.split()
        begin = _volume(plan, "")
        stale = [volume for volume in volumes if volume.startswith(begin) and volume not in kept]
        if stale:
            runner.run(["docker", "volume", "rm", *stale], timeout=_SECONDS)
        name = _image(plan, "", "").partition(":")[0]
        listing = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}"]
        for image in runner.run(listing).stdout.split():
            if image.partition(":")[2].partition("-")[0] not in identities:
                # A container may have been made from it: then only the name goes.
                runner.run(["docker", "image", "rm", "--force", image], timeout=_SECONDS)
        # And what has lost its name so, and its container since.
        runner.run(["docker", "image", "prune", "--force", "--filter", f"label={label(plan)}"], timeout=_SECONDS)


@contextlib.contextmanager
def _frozen(plan: LabPlan, nodes: Sequence[str], runner: ProcessRunner) -> Iterator[None]:
    names = [container_name(plan, node) for node in nodes]
    try:
        _pause(names, runner)
        yield
    finally:
        # Also after a failed pause, for some may be frozen; that of one which is not, fails.
        for name in names:
            runner.run(["docker", "unpause", name], check=False)


def _pause(names: Sequence[str], runner: ProcessRunner) -> None:
    try:
        runner.run(["docker", "pause", *names])
    except ToolError as error:
        raise ToolError(
            "not all machines can be frozen; nothing was saved",
            command=error.command,
            output=error.output,
            hint="labctl up sees to it that all of them run",
        ) from None


def _commit(plan: LabPlan, identity: str, node: str, runner: ProcessRunner) -> None:
    runner.run(
        [
            "docker",
            "commit",
            "--change",
            f"LABEL {label(plan)}",
            container_name(plan, node),
            _image(plan, identity, node),
        ],
        timeout=_SECONDS,
    )


def _size_of_commits(plan: LabPlan, identity: str, nodes: Sequence[str], runner: ProcessRunner) -> int:
    """Bytes of the layers that the commits added: the last line of each image's history."""
    total = 0
    for node in nodes:
        command = ["docker", "history", "--human=false", "--format", "{{.Size}}", _image(plan, identity, node)]
        sizes = runner.run(command).stdout.split()
        if not sizes:
            raise ToolError(f"Docker does not know the image {_image(plan, identity, node)}", command=command)
        total += int(sizes[0])
    return total


def _volume(plan: LabPlan, identity: str) -> str:
    return f"labctl-{plan.name}-snapshot-{identity}"


def _image(plan: LabPlan, identity: str, node: str) -> str:
    return f"labctl/snapshot-{plan.name}:{identity}-{node}"
