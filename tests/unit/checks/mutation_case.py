"""What a case of the mutation tests is: one edit of the healthy recording, and all that it changes."""

from __future__ import annotations

from dataclasses import dataclass

import recording_edits as e

NODES = ("k8s-master", "node-1", "node-2", "node-3")
NODE_ROWS = ("nodes.ready", "nodes.roles", "nodes.version", "nodes.os", "nodes.runtime")
POD_CLAIMS = (
    "control-plane.etcd",
    "control-plane.kube-apiserver",
    "control-plane.kube-controller-manager",
    "control-plane.kube-scheduler",
    "kube-proxy.pods",
    "kube-proxy.placement",
    "kube-proxy.daemonset",
    "coredns.pods",
    "coredns.deployment",
    "coredns.endpoints",
    "weave-net.pods",
    "weave-net.placement",
    "weave-net.daemonset",
    "weave-net.image",
)
DOCKER_DETAILS = ("docker.version", "docker.storage-driver", "docker.bridge")
UNIT_ROWS = ("kubelet.service", "kubelet.command-line", "docker.service", "docker.command-line", *DOCKER_DETAILS)


@dataclass(frozen=True)
class Case:
    """changed: lines "OUTCOME id[@node] [<- id[@node]]" for every result that is not as in the healthy recording."""

    name: str
    edit: e.Edit
    changed: tuple[str, ...] = ()


def rows(outcome: str, ids: tuple[str, ...], node: str = "", cause: str = "") -> tuple[str, ...]:
    """Lines for several claims; the cause itself stands without one."""
    at = f"@{node}" if node else ""
    return tuple(f"{outcome} {i}{at}" + (f" <- {cause}" if cause and cause != i + at else "") for i in ids)


def down(unit: str, node: str) -> e.Edit:
    """A unit that was stopped, as both commands show it."""
    return e.both(
        e.text(
            e.show(node, unit),
            "ActiveState=active\nFreezerState=running\nSubState=running",
            "ActiveState=inactive\nSubState=dead",
        ),
        e.text(e.status(node, unit), "Active: active (running)", "Active: inactive (dead)"),
    )
