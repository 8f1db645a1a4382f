"""Writes a lab's rendered files into its folder: what Vagrant, Ansible and kubeadm read."""

from __future__ import annotations

import socket
from pathlib import Path

from labctl.render import render_inventory, render_kubeadm, render_vagrantfile, render_weave_net
from labctl.steps.step import Lab
from labctl.workspace.files import write_whole


def render_lab_files(lab: Lab) -> list[Path]:
    """Write Vagrantfile, inventory, kubeadm and weave-net configuration and plan.json. Raises ToolError."""
    space = lab.workspace
    environment = lab.provider.node_environment(lab.host)
    rendering = lab.provider.rendering(
        lab.plan,
        lab.host,
        bundle=Path(lab.plan.bundle.path) if lab.mounts_bundle else None,
        api_port=api_port(lab) if lab.provider.capabilities.loopback_api else None,
    )
    write_whole(space.vagrantfile, render_vagrantfile(lab.plan, rendering))
    write_whole(space.inventory, render_inventory(lab.plan, str(space.ssh_config)))
    write_whole(space.kubeadm_config, render_kubeadm(lab.plan, environment))
    manifest = lab.bundle.path("manifests/weave-net.yaml").read_text(encoding="utf-8")
    weave_net = render_weave_net(lab.plan, manifest, fast_datapath=environment.fast_datapath)
    write_whole(space.weave_net_manifest, weave_net)
    space.save_plan(lab.plan)
    return [space.vagrantfile, space.inventory, space.kubeadm_config, space.weave_net_manifest]


def api_port(lab: Lab) -> int:
    """The port of 127.0.0.1 on which the lab's API is published: free when first asked for, the same ever after."""
    kept = lab.workspace.setting("api_port")
    if isinstance(kept, int):
        return kept
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    lab.workspace.set_setting("api_port", port)
    return port


def ssh_configuration(vagrant: str) -> str:
    """Vagrant's ssh-config, with host key checking left to the lab's own short life (Vagrant's own setting)."""
    return "# Written by labctl from `vagrant ssh-config`.\n" + vagrant.strip() + "\n"
