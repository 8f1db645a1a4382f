"""Writes a lab's rendered files into its folder: what Vagrant, Ansible and kubeadm read."""

from __future__ import annotations

import socket
from pathlib import Path

from labctl.plan import LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import Provider
from labctl.render import render_inventory, render_kubeadm, render_vagrantfile, render_weave_net
from labctl.steps.step import Lab
from labctl.workspace import Workspace
from labctl.workspace.files import write_whole

# Only for `labctl render`, where no lab has chosen its own yet.
DEFAULT_API_PORT = 16443


def rendered(
    plan: LabPlan,
    provider: Provider,
    host: Host,
    *,
    folder: Path,
    mount_bundle: bool,
    port: int,
    image: str | None = None,
) -> dict[str, str]:
    """File name -> text of everything rendered for a lab in folder; weave-net.yaml only where the bundle is there."""
    environment = provider.node_environment(host)
    bundle = Path(plan.bundle.path)
    rendering = provider.rendering(
        plan,
        host,
        image=image,
        bundle=bundle if mount_bundle else None,
        api_port=port if provider.capabilities.loopback_api else None,
    )
    files = {
        "Vagrantfile": render_vagrantfile(plan, rendering),
        "inventory.yml": render_inventory(plan, str(folder / "ssh_config")),
        "kubeadm.yml": render_kubeadm(plan, environment),
    }
    manifest = bundle / "manifests" / "weave-net.yaml"
    if manifest.is_file():
        text = manifest.read_text(encoding="utf-8")
        files["weave-net.yaml"] = render_weave_net(plan, text, fast_datapath=environment.fast_datapath)
    return files


def render_lab_files(lab: Lab) -> None:
    """Write what Vagrant, Ansible and kubeadm read, and plan.json, into the lab's folder. Raises ToolError."""
    root = lab.workspace.root
    files = rendered(
        lab.plan,
        lab.provider,
        lab.host,
        folder=root,
        mount_bundle=lab.mounts_bundle,
        port=api_port(lab.workspace),
        image=lab.node_image(),
    )
    for name, text in files.items():
        write_whole(root / name, text)
    lab.workspace.save_plan(lab.plan)
    lab.rendered = lab.plan


def ensure_lab_files(lab: Lab) -> None:
    """Write them where this run has not yet: a newer labctl may render otherwise than the one that made the machines.

    Raises ToolError.
    """
    if lab.rendered != lab.plan:
        render_lab_files(lab)


def api_port(workspace: Workspace) -> int:
    """The port of 127.0.0.1 on which the lab's API is published."""
    return _port(workspace, "api_port")


def ssh_port(workspace: Workspace, node: str) -> int:
    """The port of 127.0.0.1 for the SSH of a machine that labctl itself starts."""
    return _port(workspace, f"ssh_port_{node}")


def _port(workspace: Workspace, setting: str) -> int:
    """Free when first asked for, the same ever after: what was written down for a lab stays true."""
    kept = workspace.setting(setting)
    if isinstance(kept, int):
        return kept
    # One that was chosen for something else of the lab may still be free.
    chosen = workspace.settings().values()
    port = next(port for port in iter(_free_port, None) if port not in chosen)
    workspace.set_setting(setting, port)
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ssh_configuration(vagrant: str) -> str:
    """Vagrant's ssh-config, with host key checking left to the lab's own short life (Vagrant's own setting)."""
    return "# Written by labctl from `vagrant ssh-config`.\n" + vagrant.strip() + "\n"
