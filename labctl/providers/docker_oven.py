"""The baked node image of the docker provider, and the seed: what the roles make of a bare node, once for all nodes.

The image is the bare machine that the roles went over, committed. Docker's data-root lies on a volume beside it; the
seed is that volume. A node's own data-root is a copy of it: layers are hard links, which cost neither time nor room,
databases are real copies. Reflinks need another file system than most have, and Docker takes no lower layers of others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.assets import asset
from labctl.events import Reporter
from labctl.plan import LabPlan, NodePlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_images import BAKED, SEED_LABEL, node_images, prune_images, seed_volume
from labctl.providers.docker_run import (
    KEY,
    arguments,
    bundle_options,
    container_name,
    key_options,
    lab_options,
    label,
    machine_options,
    node_values,
)
from labctl.providers.host import Host
from labctl.providers.interface import BAKING, Launch, NodeImage
from labctl.workspace.files import write_whole

_BAKE_LABEL = "labctl.bake"
_VOLUMES = "/volumes"
_SECONDS = 600.0


class DockerOven:
    """Fulfils interface.Oven."""

    def image(self, plan: LabPlan, mark: str) -> str:
        """By the roles' mark and by the bare node it was made from."""
        bare = engine.node_image(Path(plan.bundle.path))
        return f"{BAKED}:{hashlib.sha256(f'{mark} {bare}'.encode()).hexdigest()[:16]}"

    def holds(self, plan: LabPlan, mark: str, runner: ProcessRunner) -> bool:
        """Whether image and seed are there; the image's name comes last, so that with it all is there."""
        image = self.image(plan, mark)
        asked = (["docker", "image", "inspect", image], ["docker", "volume", "inspect", seed_volume(image)])
        return all(runner.run(command, check=False).returncode == 0 for command in asked)

    def heat(
        self, plan: LabPlan, lab: Path, bundle: Path, host: Host, runner: ProcessRunner, reporter: Reporter
    ) -> str:
        """Start a bare machine named BAKING; returns OpenSSH's configuration of it. Raises ToolError."""
        engine.ensure_key(lab, plan, runner)
        engine.ensure_image(bundle, runner, reporter)
        self.discard(plan, runner)
        name, mine = _container(plan), f"{_BAKE_LABEL}={plan.name}"
        runner.run(["docker", "volume", "create", "--label", mine, f"{name}-docker"])
        key = (lab / f"{KEY}.pub").read_text(encoding="utf-8").strip()
        options = arguments([key_options(), *machine_options(host), *bundle_options(bundle)], {"key": key})
        mounts = ["--volume", f"{name}-docker:/var/lib/docker", "--volume", "/var/lib/kubelet"]
        naming = ["--name", name, "--hostname", BAKING, "--label", mine, "--publish", "127.0.0.1::22"]
        runner.run(["docker", "run", "--detach", *naming, *mounts, *options, engine.node_image(bundle)], timeout=60)
        address, _, port = runner.run(["docker", "port", name, "22/tcp"]).stdout.split()[0].rpartition(":")
        return engine.ssh_host(BAKING, address, port, lab / KEY)

    def pack(self, plan: LabPlan, mark: str, runner: ProcessRunner) -> str:
        """Make image and seed from the machine that heat() started; returns the image's name. Raises ToolError."""
        image, name = self.image(plan, mark), _container(plan)
        runner.run(
            ["docker", "exec", "--interactive", name, "sh", "-s"], stdin=_script("before-commit.sh"), timeout=_SECONDS
        )
        changes = ["--change", "ENV LABCTL_SSH_KEY=", "--change", f"LABEL {_BAKE_LABEL}="]
        committed = runner.run(["docker", "commit", *changes, name], timeout=_SECONDS).stdout.strip()
        runner.run(["docker", "rm", "--force", "--volumes", name], timeout=_SECONDS)
        runner.run(["docker", "volume", "rm", "--force", seed_volume(image)])
        runner.run(["docker", "volume", "create", "--label", f"{SEED_LABEL}={image}", seed_volume(image)])
        _in_volumes("move.sh", [f"{name}-docker", seed_volume(image)], committed, runner)
        runner.run(["docker", "volume", "rm", f"{name}-docker"])
        runner.run(["docker", "tag", committed, image])
        return image

    def start(self, launch: Launch, runner: ProcessRunner) -> None:
        """Data-roots from the seed, then all containers at once. Raises ToolError."""
        _sow(launch.plan, launch.image, list(launch.ssh_ports), runner)
        key = (launch.folder / f"{KEY}.pub").read_text(encoding="utf-8")
        nodes = [launch.plan.node(name) for name in launch.ssh_ports]
        with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
            list(pool.map(lambda node: _make(launch, node, key, runner), nodes))

    def images(self, runner: ProcessRunner) -> list[NodeImage]:
        """All that are there."""
        return node_images(runner)

    def prune(self, runner: ProcessRunner) -> list[str]:
        """Remove those that no container uses."""
        return prune_images(runner)

    def discard(self, plan: LabPlan, runner: ProcessRunner) -> None:
        """Remove what a bake that was cut has left. Raises ToolError."""
        chosen = ["--quiet", "--filter", f"label={_BAKE_LABEL}={plan.name}"]
        for listing, removal in (
            (["docker", "ps", "--all", *chosen], ["docker", "rm", "--force", "--volumes"]),
            (["docker", "volume", "ls", *chosen], ["docker", "volume", "rm"]),
        ):
            found = runner.run(listing).stdout.split()
            if found:
                runner.run([*removal, *found], timeout=_SECONDS)


def _sow(plan: LabPlan, image: str, nodes: Sequence[str], runner: ProcessRunner) -> None:
    """Give each of these nodes, whose containers are not there, a data-root from the seed.

    What volumes of theirs are there were left by a cut, or by a container that is gone: the node is made anew.
    """
    volumes = [f"{container_name(plan, node)}-docker" for node in nodes]
    kubelet = [f"{container_name(plan, node)}-kubelet" for node in nodes]
    runner.run(["docker", "volume", "rm", "--force", *volumes, *kubelet])
    for volume in volumes:
        runner.run(["docker", "volume", "create", "--label", label(plan), volume])
    _in_volumes("sow.sh", [seed_volume(image), *volumes], image, runner)


def _make(launch: Launch, node: NodePlan, key: str, runner: ProcessRunner) -> None:
    """One container, as Vagrant's docker provider makes it: on Docker's own network first, then on the lab's."""
    plan, name = launch.plan, container_name(launch.plan, node.name)
    options = lab_options(plan, launch.host, bundle=launch.bundle, api_port=launch.api_port)
    values = node_values(node, launch.host, key)
    naming = ["--name", name, "--hostname", node.name, "--publish", f"127.0.0.1:{launch.ssh_ports[node.name]}:22"]
    made = runner.run(["docker", "create", *naming, *arguments(options, values), launch.image]).stdout.strip()
    # By this file Vagrant knows a machine; a container that it does not know is taken for half made.
    write_whole(launch.folder / ".vagrant/machines" / node.name / "docker/id", made)
    runner.run(["docker", "network", "connect", "--ip", node.ip, engine.network_name(plan), made])
    runner.run(["docker", "start", made], timeout=60)


def _container(plan: LabPlan) -> str:
    return f"labctl-bake-{plan.name}"


def _script(name: str) -> bytes:
    return asset("vagrant", "node", name).read_bytes()


def _in_volumes(script: str, volumes: Sequence[str], image: str, runner: ProcessRunner) -> None:
    """Run a script of vagrant/node as root over Docker's folder of volumes: hard links do not cross mounts."""
    mountpoint = runner.run(["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volumes[0]]).stdout.strip()
    folder = Path(mountpoint).parent.parent
    runner.run(
        [
            *("docker", "run", "--rm", "--interactive", "--network", "none", "--entrypoint", "sh"),
            *("--volume", f"{folder}:{_VOLUMES}", "--workdir", _VOLUMES, image, "-s", "--", *volumes),
        ],
        stdin=_script(script),
        timeout=_SECONDS,
    )
