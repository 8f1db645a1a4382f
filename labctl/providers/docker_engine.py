"""What the docker provider asks of Docker beside Vagrant: image, network, half-made nodes, what destroy leaves.

Everything of a lab carries the label labctl.lab=<name>, and nothing without it is touched; node images, which labs
share, go by their fingerprint.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labctl.adapters.ports import NOT_CREATED, RUNNING, ProcessRunner
from labctl.assets import asset, node_script
from labctl.errors import ToolError
from labctl.events import Note, Progress, Reporter
from labctl.plan import LabPlan, NodePlan
from labctl.providers.docker_ending import REMOVE, STOP, end
from labctl.providers.docker_run import KEY, container_name, label, volumes_of
from labctl.sources.bundle import MANIFEST, Bundle
from labctl.workspace.files import PART, write_whole

IMAGE = "labctl/node"
ROOT_TAR = "node/root.tar"
_ROOT_IMAGE = "labctl/node-root"
_STEP = "create_machines"
_RECIPE = ("Dockerfile", "entrypoint", "await-api")


def node_image(bundle: Path) -> str:
    """The node image's name and tag: a fingerprint of the recipe and of the root file system in the bundle.

    Without a bundle (`labctl plan` and `render` before it is filled) the tag is a placeholder. Raises ToolError.
    """
    if not (bundle / MANIFEST).is_file():
        return f"{IMAGE}:unbuilt"
    roots = [entry.sha256 for entry in Bundle.open(bundle).manifest.files if entry.path == ROOT_TAR]
    if not roots:
        raise ToolError(
            f"the bundle in {bundle} has no {ROOT_TAR}: nodes in containers cannot be made from it",
            hint="fill it from the distribution (labctl bundle create --source distribution), or use virtual machines",
        )
    digest = hashlib.sha256(roots[0].encode())
    for name in _RECIPE:
        digest.update(node_script(name))
    return f"{IMAGE}:{digest.hexdigest()[:16]}"


def network_name(plan: LabPlan) -> str:
    """The lab's Docker network. Not Vagrant's vagrant_network_…: Vagrant removes those of other labs, too."""
    return f"labctl-{plan.name}"


def subnet(plan: LabPlan) -> str:
    """The nodes' network as a CIDR."""
    return str(ipaddress.ip_network(f"{plan.control_plane.ip}/24", strict=False))


def network_command(plan: LabPlan) -> list[str]:
    """What makes the lab's network."""
    return ["docker", "network", "create", "--label", label(plan), "--subnet", subnet(plan), network_name(plan)]


def ensure_network(plan: LabPlan, runner: ProcessRunner) -> None:
    """Make the lab's network unless it is there. Raises ToolError where another one has its addresses."""
    listing = ["docker", "network", "ls", "--format", "{{.Name}}", "--filter", f"label={label(plan)}"]
    if network_name(plan) in runner.run(listing).stdout.split():
        return
    try:
        runner.run(network_command(plan))
    except ToolError as error:
        raise ToolError(
            f"Docker cannot make the lab's network {subnet(plan)}",
            command=error.command,
            output=error.output,
            hint="another network of this computer may have these addresses (docker network ls): "
            "remove it, or give the nodes other addresses in the lab file",
        ) from None


def ensure_key(lab: Path, plan: LabPlan, runner: ProcessRunner) -> None:
    """The lab's SSH key pair in its folder: id_ed25519 (0600) and id_ed25519.pub. One that is there stays."""
    private, public = lab / KEY, lab / f"{KEY}.pub"
    if not private.exists():
        # ssh-keygen writes in place: what a cut or a full disk leaves of that must not pass for the lab's key.
        with tempfile.TemporaryDirectory(dir=lab, prefix=f".{KEY}.", suffix=PART) as folder:
            made = Path(folder, KEY)
            runner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"labctl {plan.name}", "-f", str(made)])
            write_whole(public, made.with_suffix(".pub").read_bytes())
            write_whole(private, made.read_bytes(), 0o600)
    elif not public.exists():
        write_whole(public, runner.run(["ssh-keygen", "-y", "-f", str(private)]).stdout)


def ensure_image(bundle: Path, runner: ProcessRunner, reporter: Reporter) -> None:
    """Build the node image unless it is there. Raises ToolError with what docker build said."""
    image = node_image(bundle)
    if runner.run(["docker", "image", "inspect", image], check=False).returncode == 0:
        return
    reporter.emit(Progress(_STEP, f"building the node image {image}"))
    # Imported, not added by the recipe: the builder would take twice the time for the same layer.
    root = f"{_ROOT_IMAGE}:{image.rpartition(':')[2]}"
    runner.run(["docker", "import", str(bundle / ROOT_TAR), root], timeout=600)
    recipe = str(asset("vagrant", "node"))
    runner.run(["docker", "build", "--quiet", "--build-arg", f"ROOT={root}", "--tag", image, recipe], timeout=600)
    runner.run(["docker", "image", "rm", "--no-prune", root])


def states(plan: LabPlan, runner: ProcessRunner) -> dict[str, str]:
    """Node -> running, stopped, incomplete or not_created, of the containers that carry the lab's label."""
    found = _containers(plan, runner)
    return {
        node.name: _state(node, found[name]) if (name := container_name(plan, node.name)) in found else NOT_CREATED
        for node in plan.nodes
    }


def _state(node: NodePlan, container: dict[str, Any]) -> str:
    if not container["State"]["Running"]:
        return "stopped"
    return RUNNING if _connected(node, container) else "incomplete"


def _connected(node: NodePlan, container: dict[str, Any]) -> bool:
    networks = container["NetworkSettings"]["Networks"].values()
    return any((network.get("IPAMConfig") or {}).get("IPv4Address") == node.ip for network in networks)


def _containers(plan: LabPlan, runner: ProcessRunner) -> dict[str, dict[str, Any]]:
    """Container name -> docker inspect, of all that carry the lab's label."""
    listed = runner.run(["docker", "ps", "--all", "--quiet", "--filter", f"label={label(plan)}"]).stdout.split()
    if not listed:
        return {}
    text = runner.run(["docker", "container", "inspect", *listed]).stdout
    return {str(item["Name"]).lstrip("/"): item for item in json.loads(text)}


def pids(plan: LabPlan, runner: ProcessRunner) -> dict[str, int]:
    """Node -> its container's first process, 0 where it does not run, of all that carry the lab's label."""
    found = _containers(plan, runner)
    names = {node.name: container_name(plan, node.name) for node in plan.nodes}
    return {node: int(found[name]["State"]["Pid"]) for node, name in names.items() if name in found}


def ssh_config(plan: LabPlan, lab: Path, runner: ProcessRunner) -> str | None:
    """OpenSSH's configuration of all nodes as `vagrant ssh-config` prints it; None where one has no published port."""
    found = _containers(plan, runner)
    hosts = []
    for node in plan.nodes:
        settings = found.get(container_name(plan, node.name), {}).get("NetworkSettings", {})
        published = (settings.get("Ports") or {}).get("22/tcp")
        if not published:
            return None
        hosts.append(ssh_host(node.name, published[0]["HostIp"], published[0]["HostPort"], lab / KEY))
    return "\n".join(hosts)


def ssh_host(name: str, address: str, port: str, key: Path) -> str:
    """OpenSSH's configuration of one machine, as `vagrant ssh-config` prints it."""
    values = {
        "HostName": address,
        "User": "vagrant",
        "Port": port,
        # A node made again has a new host key at the same address: none of them is kept.
        "UserKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "no",
        "PasswordAuthentication": "no",
        "IdentityFile": f'"{key}"',
        "IdentitiesOnly": "yes",
        "LogLevel": "FATAL",
    }
    return "\n  ".join([f"Host {name}", *(f"{key} {value}" for key, value in values.items())]) + "\n"


def heal(plan: LabPlan, lab: Path, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
    """Bring the lab's containers to where `vagrant up` can go on; see interface.Provider.heal."""
    found = _containers(plan, runner)
    done: list[str] = []
    for node in plan.nodes:
        container = found.get(container_name(plan, node.name))
        if container is None:
            continue
        if _known(lab, node) != container["Id"]:
            # Vagrant was cut before it wrote the id down, and would stumble over the name. Nothing is in it yet.
            _remove(container, runner)
            done.append(f"{node.name}: removed a container that Vagrant had not finished making")
            continue
        done += _revive(plan, node, container, runner)
    for line in done:
        reporter.emit(Progress(_STEP, line))
    return tuple(done)


def _vagrant_folder(lab: Path, node: str) -> Path:
    """Where Vagrant keeps what it knows of a machine."""
    return lab / ".vagrant/machines" / node


def vagrant_id(lab: Path, node: str) -> Path:
    """The file that names the container which Vagrant takes for the machine."""
    return _vagrant_folder(lab, node) / "docker/id"


def _known(lab: Path, node: NodePlan) -> str | None:
    try:
        return vagrant_id(lab, node.name).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _remove(container: dict[str, Any], runner: ProcessRunner) -> None:
    # The daemon may still be starting it on behalf of the Vagrant that was cut; removed meanwhile, it would hold its
    # ports for seconds. A start waits for the one under way.
    runner.run(["docker", "start", container["Id"]], check=False, timeout=60)
    end(REMOVE, [container["Id"]], runner)


def _revive(plan: LabPlan, node: NodePlan, container: dict[str, Any], runner: ProcessRunner) -> list[str]:
    done = []
    if not _connected(node, container):
        runner.run(["docker", "network", "connect", "--ip", node.ip, network_name(plan), container["Id"]])
        done.append(f"{node.name}: connected to the network {network_name(plan)}")
    if container["State"].get("Paused"):
        runner.run(["docker", "unpause", container["Id"]])
        done.append(f"{node.name}: unpaused")
    if not container["State"]["Running"]:
        runner.run(["docker", "start", container["Id"]])
        done.append(f"{node.name}: started")
    return done


def freeze(plan: LabPlan, nodes: Sequence[str], runner: ProcessRunner) -> None:
    """Pause the containers of these nodes that run; Docker pauses the others of them also where one is not there."""
    runner.run(["docker", "pause", *(container_name(plan, node) for node in nodes)], check=False)


def thaw(plan: LabPlan, runner: ProcessRunner) -> None:
    """Unpause the lab's containers that are paused. Raises ToolError."""
    paused = ["--filter", f"label={label(plan)}", "--filter", "status=paused"]
    found = runner.run(["docker", "ps", "--quiet", *paused]).stdout.split()
    if found:
        runner.run(["docker", "unpause", *found])


def halt(plan: LabPlan, runner: ProcessRunner) -> None:
    """Stop the lab's containers. Raises ToolError."""
    running = [name for name, item in _containers(plan, runner).items() if item["State"]["Running"]]
    if running:
        # systemd waits for kubelet's pods, which nobody ends: a longer patience would only be waited out. What a node
        # writes to disk is written for a loss of power.
        end(STOP, running, runner)


def remove(plan: LabPlan, lab: Path, node: str, runner: ProcessRunner) -> None:
    """Remove a node's container and volumes, and what Vagrant knows of it; what is gone is no error."""
    name = container_name(plan, node)
    if name in _containers(plan, runner):
        end(REMOVE, [name], runner)
    runner.run(["docker", "volume", "rm", "--force", *volumes_of(plan, node)], timeout=120)
    shutil.rmtree(_vagrant_folder(lab, node), ignore_errors=True)


def cleanup(plan: LabPlan, runner: ProcessRunner, reporter: Reporter) -> Sequence[str]:
    """Remove containers, volumes and networks with the lab's label, then node images that nobody uses."""
    removed: list[str] = []
    chosen = ["--quiet", "--filter", f"label={label(plan)}"]
    containers = runner.run(["docker", "ps", "--all", *chosen]).stdout.split()
    if containers:
        end(REMOVE, containers, runner)
        removed += [f"container {identity}" for identity in containers]
    kinds = (
        ("volume", ["docker", "volume", "ls", *chosen], ["docker", "volume", "rm"]),
        ("network", ["docker", "network", "ls", *chosen], ["docker", "network", "rm"]),
    )
    for kind, listing, removal in kinds:
        ids = runner.run(listing).stdout.split()
        if ids:
            runner.run([*removal, *ids], timeout=120)
            removed += [f"{kind} {identity}" for identity in ids]
    removed += _remove_images(plan, runner)
    for line in removed:
        reporter.emit(Note(f"removed {line}"))
    return tuple(removed)


def _remove_snapshots(plan: LabPlan, runner: ProcessRunner) -> list[str]:
    """Remove the images that carry the lab's label, by id: one that a machine was made from may have lost its name.

    One that was saved after a restore lies on the one restored, which Docker refuses to remove before it.
    """
    listing = ["docker", "image", "ls", "--quiet", "--filter", f"label={label(plan)}"]
    removed: list[str] = []
    while left := sorted(set(runner.run(listing).stdout.split())):
        runner.run(["docker", "image", "rm", "--force", *left], check=False, timeout=120)
        still = set(runner.run(listing).stdout.split())
        if still == set(left):
            # Nothing went: now the error counts.
            runner.run(["docker", "image", "rm", "--force", *left], timeout=120)
        removed += [f"image {image}" for image in left if image not in still]
    return removed


def _remove_images(plan: LabPlan, runner: ProcessRunner) -> list[str]:
    """Remove the lab's snapshots, and what ensure_image made; Docker itself refuses an image that is in use."""
    removed = []
    removed += _remove_snapshots(plan, runner)
    for name in (IMAGE, _ROOT_IMAGE):
        listing = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}"]
        for image in runner.run(listing).stdout.split():
            made_here = re.fullmatch(r"[0-9a-f]{16}", image.rpartition(":")[2])
            if made_here and runner.run(["docker", "image", "rm", image], check=False, timeout=120).returncode == 0:
                removed.append(f"image {image}")
    return removed
