"""The baked node image of the docker provider, and the seed: what the roles make of a bare node, once for all nodes.

The image is the bare machine that the roles went over, committed. Docker's data-root lies on a volume beside it; the
seed is that volume. A node's own data-root is a copy of it: layers are hard links, which cost neither time nor room,
databases are real copies. Reflinks need another file system than most have, and Docker takes no lower layers of others.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.assets import node_script
from labctl.errors import ToolError
from labctl.plan import LabPlan
from labctl.providers import docker_engine as engine
from labctl.providers.docker_images import BAKED, SEED_LABEL, node_images, prune_images, seed_volume
from labctl.providers.docker_layers import checked
from labctl.providers.docker_machines import Sources, make_machines
from labctl.providers.docker_run import KEY, arguments, bundle_options, key_options, machine_options
from labctl.providers.docker_volumes import in_volumes, present
from labctl.providers.interface import BAKING, Baking, Checked, Launch, Launcher, NodeImage
from labctl.render import VagrantRendering
from labctl.wording import few

_BAKE_LABEL = "labctl.bake"
# How a seed is kept (with a register of its layers): with another number node images are baked anew.
_FORM = 3
_SECONDS = 600.0


class DockerOven:
    """Fulfils interface.Oven and interface.Launcher."""

    @property
    def launcher(self) -> Launcher:
        """Itself."""
        return self

    def image(self, plan: LabPlan, mark: str) -> str:
        """By the roles' mark and by the bare node it was made from."""
        bare = engine.node_image(Path(plan.bundle.path))
        return f"{BAKED}:{hashlib.sha256(f'{mark} {bare} {_FORM}'.encode()).hexdigest()[:16]}"

    def holds(self, plan: LabPlan, mark: str, runner: ProcessRunner) -> bool:
        """Whether image and seed are there; the image's name comes last, so that with it all is there."""
        image = self.image(plan, mark)
        return present([image], seed_volume(image), runner)

    def heat(self, baking: Baking, rendering: VagrantRendering) -> str:  # noqa: ARG002 - Vagrant is not asked
        """A container of the bare node image."""
        plan, runner, lab, bundle = baking.plan, baking.tools.runner, baking.lab, Path(baking.plan.bundle.path)
        engine.ensure_key(lab, plan, runner)
        engine.ensure_image(bundle, runner, baking.reporter)
        self.discard(baking)
        name, mine = _container(plan), f"{_BAKE_LABEL}={plan.name}"
        runner.run(["docker", "volume", "create", "--label", mine, f"{name}-docker"])
        key = (lab / f"{KEY}.pub").read_text(encoding="utf-8").strip()
        options = arguments([key_options(), *machine_options(baking.host), *bundle_options(bundle)], {"key": key})
        # kubelet's folder by --mount: a bare --volume would stay in the image, for each container to make one more.
        mounts = ["--volume", f"{name}-docker:/var/lib/docker", "--mount", "type=volume,target=/var/lib/kubelet"]
        naming = ["--name", name, "--hostname", BAKING, "--label", mine, "--publish", "127.0.0.1::22"]
        runner.run(["docker", "run", "--detach", *naming, *mounts, *options, engine.node_image(bundle)], timeout=60)
        address, _, port = runner.run(["docker", "port", name, "22/tcp"]).stdout.split()[0].rpartition(":")
        return engine.ssh_host(BAKING, address, port, lab / KEY)

    def pack(self, baking: Baking, mark: str) -> str:
        """The container is committed, its data-root becomes the seed."""
        runner = baking.tools.runner
        image, name = self.image(baking.plan, mark), _container(baking.plan)
        runner.run(
            ["docker", "exec", "--interactive", name, "sh", "-s"],
            stdin=node_script("at-rest.sh") + node_script("before-commit.sh"),
            timeout=_SECONDS,
        )
        changes = ["--change", "ENV LABCTL_SSH_KEY=", "--change", f"LABEL {_BAKE_LABEL}="]
        committed = runner.run(["docker", "commit", *changes, name], timeout=_SECONDS).stdout.strip()
        runner.run(["docker", "rm", "--force", "--volumes", name], timeout=_SECONDS)
        runner.run(["docker", "volume", "rm", "--force", seed_volume(image)])
        runner.run(["docker", "volume", "create", "--label", f"{SEED_LABEL}={image}", seed_volume(image)])
        folders = [f"{name}-docker/_data", f"{seed_volume(image)}/_data"]
        in_volumes("move.sh", seed_volume(image), folders, committed, runner)
        runner.run(["docker", "volume", "rm", f"{name}-docker"])
        runner.run(["docker", "tag", committed, image])
        return image

    def start(self, launch: Launch, image: str, runner: ProcessRunner) -> Checked:
        """Data-roots from the seed, which is looked at before; then all containers at once. Raises ToolError.

        What volumes of theirs are there were left by a cut, or by a container that is gone: the nodes are made anew.
        """
        seed = seed_volume(image)
        with ThreadPoolExecutor(max_workers=1) as pool:
            bundle = Path(launch.plan.bundle.path)
            looking = pool.submit(checked, [f"{seed}/_data"], image, bundle, runner, volume=seed)

            sources = Sources(
                seed,
                image=lambda _: image,
                folder=lambda _, what: f"{seed}/_data" if what == "docker" else None,
                wait=lambda: _require_whole(looking.result(), image),
            )
            make_machines(launch, sources, runner)
            return looking.result()

    def images(self, runner: ProcessRunner) -> list[NodeImage]:
        """All that are there."""
        return node_images(runner)

    def prune(self, runner: ProcessRunner) -> list[str]:
        """Remove those that no container uses."""
        return prune_images(runner)

    def discard(self, baking: Baking) -> None:
        """By their label."""
        runner = baking.tools.runner
        chosen = ["--quiet", "--filter", f"label={_BAKE_LABEL}={baking.plan.name}"]
        for listing, removal in (
            (["docker", "ps", "--all", *chosen], ["docker", "rm", "--force", "--volumes"]),
            (["docker", "volume", "ls", *chosen], ["docker", "volume", "rm"]),
        ):
            found = runner.run(listing).stdout.split()
            if found:
                runner.run([*removal, *found], timeout=_SECONDS)


def _require_whole(found: Checked, image: str) -> None:
    """Raise ToolError where the seed has damage that could not be mended."""
    if found.lost:
        raise ToolError(
            f"the node image {image} is damaged: {few(found.lost)}",
            hint="labctl bundle verify; labctl destroy and labctl image prune, then labctl up bakes it anew",
        )


def _container(plan: LabPlan) -> str:
    return f"labctl-bake-{plan.name}"
