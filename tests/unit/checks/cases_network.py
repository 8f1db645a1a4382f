"""One-change cases about what probe pods saw; each is applied to the healthy recording with what they see in a lab."""

from __future__ import annotations

import json
from typing import Any

import recording_edits as e
from mutation_case import NODES, Case, down, rows

from labctl.facts import Unavailable

ADDRESSES = {"k8s-master": "10.32.0.9", "node-1": "10.40.0.9", "node-2": "10.44.0.9", "node-3": "10.38.0.9"}
HOSTS = {name: f"192.168.50.{10 + i}" for i, name in enumerate(NODES)}
DROP = "-A FORWARD -s 10.40.0.0/16 -d 10.44.0.0/16 -j DROP"
LEFT = ("network.pod-to-pod", "network.host-pod-to-pod")


def network(node: str) -> str:
    return e.on(node, "network.json")


def seen_from(node: str) -> dict[str, Any]:
    """A node's network.json where all is well."""
    return {
        "address": ADDRESSES[node],
        "pod-to-pod": {peer: {"answered": f"pod-{peer}", "saw": ADDRESSES[node]} for peer in NODES},
        "host-pod-to-pod": {peer: {"answered": f"pod-{peer}", "saw": HOSTS[node]} for peer in NODES},
        "node-to-pod": {"answered": f"pod-{node}", "saw": HOSTS[node]},
        "dns": {"server": "10.96.0.10", "addresses": ["10.96.0.1"]},
        "rules": ["-A FORWARD -o weave -j DROP"],
    }


def probed(files: e.Files) -> e.Files:
    """The files with what probe pods saw."""
    return {**files, **{network(node): json.dumps(seen_from(node)).encode() for node in NODES}}


def change(node: str, path: str, value: Any) -> e.Edit:
    return e.data(network(node), e.put(path, value))


def lost(sender: str, peer: str, kind: str = "pod-to-pod", why: str = "timed out") -> e.Edit:
    return change(sender, f"{kind}.{peer}", {"failed": why})


def gone(node: str, reason: str) -> e.Edit:
    return e.replace(network(node), Unavailable(reason))


def per_node(outcome: str, node: str, cause: str = "") -> tuple[str, ...]:
    return rows(outcome, ("network.node-to-pod", "dns.resolves"), node, cause)


CASES = (
    Case("one pair is lost", lost("node-1", "node-2"), ("FAIL network.pod-to-pod",)),
    Case("a node does not reach itself", lost("node-3", "node-3"), ("FAIL network.pod-to-pod",)),
    Case(
        "a peer sees another address",
        change("node-1", "pod-to-pod.node-2.saw", "192.168.50.11"),
        ("FAIL network.pod-to-pod",),
    ),
    Case("another pod answers", change("node-1", "pod-to-pod.node-2.answered", "nginx"), ("FAIL network.pod-to-pod",)),
    Case(
        "a peer is not spoken of", e.data(network("node-1"), e.take("pod-to-pod.node-2")), ("FAIL network.pod-to-pod",)
    ),
    Case(
        "a host pod's pair is lost",
        lost("k8s-master", "node-1", "host-pod-to-pod", "connection refused"),
        ("FAIL network.host-pod-to-pod",),
    ),
    Case(
        "a host pod is seen by a stranger's address",
        change("node-1", "host-pod-to-pod.node-2.saw", "172.17.0.2"),
        ("FAIL network.host-pod-to-pod",),
    ),
    Case(
        "a host pod is seen by another node's address",
        change("node-1", "host-pod-to-pod.node-2.saw", HOSTS["node-2"]),
        ("FAIL network.host-pod-to-pod",),
    ),
    Case(
        "pods and host pods lose the same pair",
        e.both(lost("node-1", "node-2"), lost("node-1", "node-2", "host-pod-to-pod")),
        ("FAIL network.pod-to-pod", "FAIL network.host-pod-to-pod <- network.pod-to-pod"),
    ),
    Case(
        "pods and host pods lose different pairs",
        e.both(lost("node-1", "node-2"), lost("node-2", "node-1", "host-pod-to-pod")),
        ("FAIL network.pod-to-pod", "FAIL network.host-pod-to-pod"),
    ),
    Case(
        "a node does not reach its pod",
        change("node-2", "node-to-pod", {"failed": "timed out"}),
        ("FAIL network.node-to-pod@node-2",),
    ),
    Case(
        "a node reaches another pod",
        change("node-2", "node-to-pod.answered", "x"),
        ("FAIL network.node-to-pod@node-2",),
    ),
    Case("no DNS", change("node-3", "dns", {"failed": "timed out"}), ("FAIL dns.resolves@node-3",)),
    Case("DNS by another server", change("node-3", "dns.server", "8.8.8.8"), ("FAIL dns.resolves@node-3",)),
    Case("DNS tells another address", change("node-3", "dns.addresses", ["10.96.0.2"]), ("FAIL dns.resolves@node-3",)),
    Case("DNS tells none", change("node-3", "dns.addresses", []), ("FAIL dns.resolves@node-3",)),
    Case(
        "a node without DNS is one whose pods reach nobody",
        e.both(*(lost("node-3", peer) for peer in NODES[:3]), change("node-3", "dns", {"failed": "timed out"})),
        ("FAIL network.pod-to-pod", "FAIL dns.resolves@node-3 <- network.pod-to-pod"),
    ),
    Case(
        "kube-dns deleted and nobody resolves",
        e.both(
            e.without(e.SERVICES, "kube-dns"),
            e.without(e.ENDPOINTS, "kube-dns"),
            *(change(node, "dns", {"failed": "timed out"}) for node in NODES),
        ),
        (
            "FAIL coredns.service",
            "FAIL coredns.endpoints <- coredns.service",
            "FAIL services.only-kube-dns <- coredns.service",
            *(f"FAIL dns.resolves@{node} <- coredns.service" for node in NODES),
        ),
    ),
    Case(
        "a node's pods did not start",
        gone("node-2", "the probe pods on node-2 did not start"),
        (
            "ERROR network.pod-to-pod",
            "ERROR network.host-pod-to-pod <- network.pod-to-pod",
            *per_node("ERROR", "node-2", "network.pod-to-pod"),
        ),
    ),
    Case(
        "a stopped kubelet runs no probe pod",
        e.both(down("kubelet", "node-2"), gone("node-2", "no probe pod can run on node-2")),
        (
            "FAIL kubelet.service@node-2",
            "FAIL kubelet.command-line@node-2 <- kubelet.service@node-2",
            *rows("ERROR", LEFT, cause="kubelet.service@node-2"),
            *per_node("ERROR", "node-2", "kubelet.service@node-2"),
        ),
    ),
    Case(
        "a pair is lost while another node was not looked at",
        e.both(gone("node-3", "unreachable"), lost("node-1", "node-2")),
        (
            "FAIL network.pod-to-pod",
            "ERROR network.node-to-pod@node-3",
            "ERROR network.host-pod-to-pod <- network.node-to-pod@node-3",
            "ERROR dns.resolves@node-3 <- network.node-to-pod@node-3",
        ),
    ),
    Case(
        "a node's file is missing",
        e.drop(network("node-1")),
        (
            "ERROR network.pod-to-pod",
            "ERROR network.host-pod-to-pod <- network.pod-to-pod",
            *per_node("ERROR", "node-1", "network.pod-to-pod"),
        ),
    ),
    Case(
        "a node's file is cut off",
        e.cut(network("node-1")),
        (
            "ERROR network.pod-to-pod",
            "ERROR network.host-pod-to-pod <- network.pod-to-pod",
            *per_node("ERROR", "node-1", "network.pod-to-pod"),
        ),
    ),
    *(
        Case(
            f"a node's file is odd in {path}",
            change("node-1", path, value),
            (
                "ERROR network.pod-to-pod",
                "ERROR network.host-pod-to-pod <- network.pod-to-pod",
                *per_node("ERROR", "node-1", "network.pod-to-pod"),
            ),
        )
        for path, value in (
            ("address", 7),
            ("pod-to-pod", []),
            ("pod-to-pod.node-2", "x"),
            ("host-pod-to-pod.node-2.saw", None),
            ("dns.addresses", [1]),
            ("rules", "x"),
        )
    ),
)
