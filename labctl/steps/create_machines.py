"""Step create_machines: the nodes exist, answer over SSH and have the bundle."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import NOT_CREATED, RUNNING, Completed, NodeShell
from labctl.errors import ToolError
from labctl.plan import LabPlan, NodePlan
from labctl.providers.interface import BUNDLE_ON_NODE, Launch, Launcher
from labctl.steps.files import api_port, render_lab_files, ssh_configuration, ssh_port
from labctl.steps.reach import Alive, wait_for_ssh
from labctl.steps.snapshots import mended
from labctl.steps.step import Lab
from labctl.workspace.files import write_whole

# The mark that says which bundle a node has; written when its files were checked there.
BUNDLE_MARK = "bundle"
_COPY_SECONDS = 900.0


@dataclass(frozen=True)
class CreateMachines:
    """Renders the lab's files, starts its machines through Vagrant and puts the bundle on them."""

    id: str = "create_machines"
    title: str = "Start the machines"

    def skip_reason(self, lab: Lab) -> str | None:
        """Every node must answer and carry the mark of this very bundle."""
        if not lab.workspace.ssh_config.is_file():
            return None
        states = lab.provider.states(lab.plan, lab.runner) or {}
        # SSH may reach a node that has lost the lab's own network.
        if any(state != RUNNING for state in states.values()):
            return None
        missing = lab.unmarked(BUNDLE_MARK, lab.plan.bundle.fingerprint)
        return None if missing else "every node answers over SSH and has the bundle"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """Vagrant's command, and how the bundle gets to the nodes."""
        return (f"vagrant up --provider={plan.provider}", "vagrant ssh-config > ssh_config")

    def run(self, lab: Lab) -> int | None:
        """Start what does not run. Raises ToolError."""
        space = lab.workspace
        lab.say(self.id, f"preparing {lab.provider.name}")
        image = lab.node_image()
        bundle = None if image or lab.all_there() else Path(lab.plan.bundle.path)
        lab.provider.prepare(lab.plan, space.root, bundle, lab.runner, lab.reporter)
        render_lab_files(lab)
        healed = lab.provider.heal(lab.plan, space.root, lab.runner, lab.reporter)
        begun_anew = _begun_anew(healed)
        if begun_anew:
            lab.renewed(begun_anew)
        names = [node.name for node in lab.plan.nodes]
        launcher = lab.provider.oven.launcher if lab.provider.oven is not None else None
        if image is not None and launcher is not None:
            _launch(lab, self.id, launcher, image)
        else:
            lab.say(self.id, f"vagrant up: {', '.join(names)}")
            lab.machines.up(names, provider=lab.plan.provider, on_line=lambda line: lab.say(self.id, line.strip()))
        write_whole(space.ssh_config, ssh_configuration(lab.machines.ssh_config()), 0o600)
        equip(lab, self.id, lab.plan.nodes)
        return len(names)


def _begun_anew(healed: Sequence[str]) -> set[str]:
    """Nodes that heal() has started, or removed to be made again. One that it only connected has run on."""
    told = (line.partition(": ") for line in healed)
    return {name for name, _, what in told if what.startswith(("started", "removed"))}


def _launch(lab: Lab, step: str, launcher: Launcher, image: str) -> None:
    """Start what is missing from the node image, without Vagrant's seconds."""
    missing = [name for name, state in lab.machines.status().items() if state == NOT_CREATED]
    if not missing:
        return
    lab.say(step, f"starting from {image}: {', '.join(missing)}")
    told = mended(launcher.start(launch_of(lab, missing), image, lab.runner))
    if told:
        lab.say(step, told)


def launch_of(lab: Lab, nodes: Sequence[str]) -> Launch:
    """What a provider must know to start these machines itself."""
    space = lab.workspace
    ports = {name: ssh_port(space, name) for name in nodes}
    return Launch(lab.plan, lab.host, space.root, Path(lab.plan.bundle.path), api_port(space), ports)


def equip(lab: Lab, step: str, nodes: Sequence[NodePlan]) -> None:
    """See to it that these machines answer, have the bundle, and run what a node image brought. Raises ToolError."""
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        list(pool.map(lambda node: _equip(lab, step, node), nodes))


def _equip(lab: Lab, step: str, node: NodePlan) -> None:
    """Wait for the node's SSH, then make sure of its bundle."""
    alive = Alive(lab)

    def waiting(text: str) -> None:
        alive.check()
        lab.say(step, text, node.name)

    if not lab.mounts_bundle:
        wait_for_ssh(lab.shell, node.name, waiting)
        copy_bundle(lab, lab.shell, step, node.name, lab.bundle.files_for(node.role))
    mark = f"/etc/labctl/fingerprints/{BUNDLE_MARK}"
    command = (
        f"test -f {BUNDLE_ON_NODE}/manifest.json && mkdir -p {Path(mark).parent} && "
        f"echo {shlex.quote(lab.plan.bundle.fingerprint)} > {mark} && "
        # What a baked node has is to run before anybody looks whether it does; what cannot, its own step mends.
        "if systemctl --quiet is-enabled docker.service 2>/dev/null; then systemctl start docker.service || true; fi"
    )
    done = wait_for_ssh(lab.shell, node.name, waiting, command)
    if done.returncode != 0:
        raise ToolError(
            f"the bundle cannot be used on {node.name}",
            command=["ssh", node.name, command],
            output=done.output,
            hint=f"is the node's disk full? labctl ssh {node.name} -- df -h",
        )


def copy_bundle(lab: Lab, shell: NodeShell, step: str, node: str, files: Sequence[str]) -> None:
    """Copy what is missing or damaged on the node, and let the node check the sha256 of it. Raises ToolError."""
    sums = {entry.path: entry.sha256 for entry in lab.bundle.manifest.files}
    check = f"mkdir -p {BUNDLE_ON_NODE} && cd {BUNDLE_ON_NODE} && sha256sum --check --quiet - 2>/dev/null"

    def checked(paths: Sequence[str]) -> Completed:
        listing = "".join(f"{sums[path]}  {path}\n" for path in paths)
        return shell.run(node, check, stdin=listing.encode(), timeout=_COPY_SECONDS, check=False)

    before = checked([path for path in files if path in sums])
    bad = {line.rsplit(": ", 1)[0] for line in before.stdout.splitlines() if ": FAILED" in line}
    wanted = [path for path in files if path not in sums or path in bad]
    lab.say(step, f"copying {len(wanted)} files of the bundle over SSH", node)
    shell.push_tree(node, lab.bundle.root, wanted, BUNDLE_ON_NODE)
    # To read all of it again takes a slow machine a minute. Where nothing is named, the first answer counts: all is
    # whole, or the node could not look.
    after = checked(sorted(bad)) if bad else before
    if after.returncode != 0:
        raise ToolError(
            f"the bundle on {node} is not what was sent",
            output=after.output,
            hint=f"is the node's disk full? labctl ssh {node} -- df -h",
        )


STEP = CreateMachines()
