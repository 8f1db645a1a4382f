"""Cases of one thing done to the cluster that shows in many places: the cause is told once, the rest points to it."""

from __future__ import annotations

import re
from typing import Any

import recording_edits as e
from mutation_case import DOCKER_DETAILS, NODE_ROWS, UNIT_ROWS, Case, down, rows

DAEMON_SETS = ("kube-proxy.daemonset", "weave-net.daemonset")
DAEMON_PODS = tuple(f"{name}.{of}" for name in ("kube-proxy", "weave-net") for of in ("pods", "placement", "daemonset"))
NO_REPORT = "Kubelet stopped posting node status."


def not_ready(node: str, status: str, message: str) -> e.Edit:
    """The node's condition Ready, and the DaemonSets that count one ready pod less."""

    def change(content: Any) -> None:
        ready = next(each for each in content["status"]["conditions"] if each["type"] == "Ready")
        ready.update(status=status, message=message)

    less = [e.counts(name, numberReady=3, numberAvailable=3) for name in ("kube-proxy", "weave-net")]
    return e.both(e.item(e.NODES, node, change), *less)


def all_counts(number: int) -> e.Edit:
    """Both DaemonSets want and have so many pods."""
    fields = (
        *("desiredNumberScheduled", "currentNumberScheduled", "numberReady"),
        *("updatedNumberScheduled", "numberAvailable"),
    )
    return e.both(*(e.counts(name, **dict.fromkeys(fields, number)) for name in ("kube-proxy", "weave-net")))


def node_deleted(content: Any) -> None:
    """The pods of node-3 go with it."""
    content["items"] = [each for each in content["items"] if each["spec"]["nodeName"] != "node-3"]


def elsewhere(node: str, address: str) -> e.Edit:
    """A node at another address, and with it its pods in the host network."""

    def change(content: Any) -> None:
        for pod in content["items"]:
            if pod["spec"].get("hostNetwork") and pod["spec"]["nodeName"] == node:
                pod["status"]["podIP"] = address

    return e.both(e.item(e.NODES, node, e.put("status.addresses.0.address", address)), e.data(e.PODS, change))


def without_drop_in(files: e.Files) -> None:
    """node-1's kubelet without its drop-in, started again: the drop-in held all its flags."""
    show, status = e.show("node-1", "kubelet"), e.status("node-1", "kubelet")
    for key, pattern, new in (
        (show, r"DropInPaths=.*\n", ""),
        (show, r"/usr/bin/kubelet \$KUBELET[^;]*;", "/usr/bin/kubelet ;"),
        (status, r" *Drop-In: .*\n.*10-kubeadm.conf\n", ""),
        (status, r"/usr/bin/kubelet --.*", "/usr/bin/kubelet"),
    ):
        content = files[key]
        assert isinstance(content, bytes)
        text, times = re.subn(pattern, new, content.decode())
        assert times, pattern
        files[key] = text.encode()


FIFTH_PODS = e.both(
    *(
        e.copied(
            e.PODS,
            f"{name}-",
            f"{name}-zzzzz",
            lambda pod: (
                pod["spec"].update(nodeName="node-4"),
                pod["status"].update(podIP="192.168.50.14"),
            ),
        )
        for name in ("kube-proxy", "weave-net")
    )
)
NO_DOCKER = e.both(
    down("docker", "node-1"),
    e.text(e.on("node-1", "systemctl-show-docker.socket.txt"), "ActiveState=active", "ActiveState=inactive"),
    *(e.replace(e.on("node-1", f), b"Cannot connect\n") for f in ("docker-version.json", "docker-info.json")),
)
NO_DOCKER_ROWS = (
    "FAIL docker.service@node-1",
    *rows("FAIL", ("docker.command-line", "nodes.ready"), "node-1", "docker.service@node-1"),
    *rows("ERROR", DOCKER_DETAILS, "node-1", "docker.service@node-1"),
    *rows("FAIL", DAEMON_SETS, cause="docker.service@node-1"),
)
NO_DNS_ENDPOINTS = e.item(e.ENDPOINTS, "kube-dns", e.take("subsets"))

CASES = (
    Case(
        "docker is stopped with its socket",
        e.both(NO_DOCKER, not_ready("node-1", "False", "container runtime is down")),
        NO_DOCKER_ROWS,
    ),
    Case(
        "docker is stopped, and kubelet cannot start without it",
        e.both(
            NO_DOCKER,
            not_ready("node-1", "Unknown", NO_REPORT),
            e.text(e.show("node-1", "kubelet"), "ActiveState=active", "ActiveState=activating"),
            e.text(e.status("node-1", "kubelet"), "active (running)", "activating (auto-restart)"),
        ),
        (
            *NO_DOCKER_ROWS,
            *rows("FAIL", ("kubelet.service", "kubelet.command-line"), "node-1", "docker.service@node-1"),
        ),
    ),
    Case(
        "kubelet's drop-in is removed",
        e.both(without_drop_in, not_ready("node-1", "Unknown", NO_REPORT)),
        (
            "FAIL kubelet.service@node-1",
            *rows("FAIL", ("kubelet.command-line", "nodes.ready"), "node-1", "kubelet.service@node-1"),
            *rows("FAIL", DAEMON_SETS, cause="kubelet.service@node-1"),
        ),
    ),
    Case(
        "kubelet runs with another kubeconfig",
        e.both(
            e.text(e.status("node-1", "kubelet"), "--kubeconfig=/etc/kubernetes/kubelet.conf", "--kubeconfig=/tmp/x"),
            not_ready("node-1", "Unknown", NO_REPORT),
        ),
        (
            "FAIL kubelet.command-line@node-1",
            "FAIL nodes.ready@node-1 <- kubelet.command-line@node-1",
            *rows("FAIL", DAEMON_SETS, cause="kubelet.command-line@node-1"),
        ),
    ),
    Case(
        "kubelet is disabled, and the node lacks its network",
        e.both(
            e.text(e.show("node-1", "kubelet"), "UnitFileState=enabled", "UnitFileState=disabled"),
            not_ready("node-1", "False", "network plugin is not ready: cni config uninitialized"),
        ),
        (
            "FAIL kubelet.service@node-1",
            "FAIL nodes.ready@node-1",
            *rows("FAIL", DAEMON_SETS, cause="nodes.ready@node-1"),
        ),
    ),
    Case(
        "a node is powered off",
        e.both(e.drop_node("node-2"), not_ready("node-2", "Unknown", NO_REPORT)),
        (
            "FAIL nodes.ready@node-2",
            *rows("FAIL", DAEMON_SETS, cause="nodes.ready@node-2"),
            *rows("ERROR", UNIT_ROWS, "node-2", "kubelet.service@node-2"),
        ),
    ),
    Case(
        "a node is deleted",
        e.both(e.without(e.NODES, "node-3"), e.data(e.PODS, node_deleted), all_counts(3)),
        (
            "FAIL nodes.members",
            *rows("FAIL", NODE_ROWS, "node-3", "nodes.members"),
            *rows("FAIL", DAEMON_PODS, cause="nodes.members"),
        ),
    ),
    Case(
        "a fifth node, with its pods",
        e.both(
            e.copied(e.NODES, "node-3", "node-4", e.put("status.addresses.0.address", "192.168.50.14")),
            FIFTH_PODS,
            all_counts(5),
        ),
        (
            "FAIL nodes.members",
            *rows("FAIL", DAEMON_PODS, cause="nodes.members"),
        ),
    ),
    Case(
        "a node at its NAT address",
        elsewhere("node-2", "10.0.2.15"),
        (
            "FAIL nodes.members",
            *rows("FAIL", ("kube-proxy.placement", "weave-net.placement"), cause="nodes.members"),
        ),
    ),
    *(
        Case(
            f"the DaemonSet {name} is deleted",
            e.both(e.without(e.DAEMON_SETS, name), e.all_without(e.PODS, f"{name}-")),
            (
                f"FAIL {name}.daemonset",
                *rows("FAIL", (f"{name}.pods", f"{name}.placement", *more), cause=f"{name}.daemonset"),
            ),
        )
        for name, more in (
            ("kube-proxy", ("daemonsets.exactly-two",)),
            ("weave-net", ("daemonsets.exactly-two", "weave-net.image")),
        )
    ),
    Case(
        "CoreDNS is scaled to 0",
        e.both(
            e.all_without(e.PODS, "coredns-"),
            e.item(e.DEPLOYMENTS, "coredns", lambda each: (each["spec"].update(replicas=0), each.update(status={}))),
            NO_DNS_ENDPOINTS,
        ),
        (
            "FAIL coredns.deployment",
            *rows("FAIL", ("coredns.pods", "coredns.endpoints"), cause="coredns.deployment"),
        ),
    ),
    Case(
        "CoreDNS's Deployment is deleted",
        e.both(
            *(e.all_without(key, "coredns") for key in (e.PODS, e.DEPLOYMENTS, e.REPLICA_SETS)),
            NO_DNS_ENDPOINTS,
        ),
        (
            "FAIL coredns.deployment",
            *rows("FAIL", ("coredns.pods", "coredns.endpoints"), cause="coredns.deployment"),
        ),
    ),
)
