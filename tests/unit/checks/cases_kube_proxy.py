"""One-change cases about kube-proxy."""

from __future__ import annotations

from typing import Any

import recording_edits as e
from mutation_case import Case, rows


def exchanged(content: Any) -> None:
    """The first two kube-proxy pods on each other's nodes."""
    one, other = [pod for pod in content["items"] if pod["metadata"]["name"].startswith("kube-proxy-")][:2]
    one["spec"]["nodeName"], other["spec"]["nodeName"] = other["spec"]["nodeName"], one["spec"]["nodeName"]


CASES = (
    Case(
        "a kube-proxy pod is gone",
        e.without(e.PODS, "kube-proxy-", "node-2"),
        ("FAIL kube-proxy.pods", "FAIL kube-proxy.placement <- kube-proxy.pods"),
    ),
    Case(
        "a kube-proxy pod is being deleted",
        e.pod("kube-proxy-", "node-2", e.put("metadata.deletionTimestamp", "2026-11-23T19:43:37Z")),
        ("FAIL kube-proxy.pods", "FAIL kube-proxy.placement <- kube-proxy.pods"),
    ),
    Case(
        "a kube-proxy container is not ready",
        e.pod("kube-proxy-", "node-2", e.put("status.containerStatuses.0.ready", False)),
        ("FAIL kube-proxy.pods",),
    ),
    Case(
        "a kube-proxy container does not run",
        e.pod("kube-proxy-", "node-2", e.put("status.containerStatuses.0.state", {"waiting": {}})),
        ("FAIL kube-proxy.pods",),
    ),
    Case(
        "no container statuses",
        e.pod("kube-proxy-", "node-2", e.take("status.containerStatuses")),
        ("FAIL kube-proxy.pods",),
    ),
    Case(
        "container statuses of the wrong type",
        e.pod("kube-proxy-", "node-2", e.put("status.containerStatuses", "many")),
        ("ERROR kube-proxy.pods",),
    ),
    Case(
        "a kube-proxy pod failed",
        e.pod("kube-proxy-", "node-2", e.put("status.phase", "Failed")),
        ("FAIL kube-proxy.pods",),
    ),
    Case(
        "a kube-proxy pod on the wrong node",
        e.pod("kube-proxy-", "node-3", e.put("spec.nodeName", "node-1")),
        ("FAIL kube-proxy.placement",),
    ),
    Case(
        "a kube-proxy pod at another address",
        e.pod("kube-proxy-", "node-3", e.put("status.podIP", "10.44.0.9")),
        ("FAIL kube-proxy.placement",),
    ),
    Case(
        "a kube-proxy pod outside the host network",
        e.pod("kube-proxy-", "node-3", e.take("spec.hostNetwork")),
        ("FAIL kube-proxy.placement",),
    ),
    Case("another pod name", e.pod("kube-proxy-", "node-3", e.put("metadata.name", "kube-proxy-86f72"))),
    Case(
        "a fifth kube-proxy pod",
        e.copied(e.PODS, "kube-proxy-", "kube-proxy-zzzzz"),
        ("FAIL kube-proxy.pods", "FAIL kube-proxy.placement <- kube-proxy.pods"),
    ),
    Case(
        "a kube-proxy pod of nobody",
        e.pod("kube-proxy-", "node-1", e.take("metadata.ownerReferences")),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "a kube-proxy pod of an earlier DaemonSet",
        e.pod("kube-proxy-", "node-1", e.put("metadata.ownerReferences.0.uid", "other")),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "a kube-proxy pod of a ReplicaSet",
        e.pod("kube-proxy-", "node-1", e.put("metadata.ownerReferences.0.kind", "ReplicaSet")),
        ("FAIL kube-proxy.daemonset",),
    ),
    *(
        Case(
            f"the DaemonSet's {field}",
            e.item(e.DAEMON_SETS, "kube-proxy", e.put(f"status.{field}", 3)),
            ("FAIL kube-proxy.daemonset",),
        )
        for field in (
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        )
    ),
    Case(
        "none available",
        e.item(e.DAEMON_SETS, "kube-proxy", e.take("status.numberAvailable")),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "kube-proxy without node selector",
        e.item(e.DAEMON_SETS, "kube-proxy", e.take("spec.template.spec.nodeSelector")),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "kube-proxy with another selector",
        e.item(e.DAEMON_SETS, "kube-proxy", e.put("spec.template.spec.nodeSelector", {"disk": "ssd"})),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "no DaemonSet kube-proxy",
        e.without(e.DAEMON_SETS, "kube-proxy"),
        ("FAIL kube-proxy.daemonset", "FAIL daemonsets.exactly-two <- kube-proxy.daemonset"),
    ),
    Case("a third DaemonSet", e.copied(e.DAEMON_SETS, "kube-proxy", "log-agent"), ("FAIL daemonsets.exactly-two",)),
    Case(
        "the DaemonSets are refused",
        e.refuse(e.DAEMON_SETS),
        rows(
            "ERROR",
            ("kube-proxy.daemonset", "daemonsets.exactly-two", "weave-net.daemonset"),
            cause="kube-proxy.daemonset",
        ),
    ),
    Case(
        "the DaemonSets are no list",
        e.replace(e.DAEMON_SETS, b"[]"),
        rows(
            "ERROR",
            ("kube-proxy.daemonset", "daemonsets.exactly-two", "weave-net.daemonset"),
            cause="kube-proxy.daemonset",
        ),
    ),
    Case(
        "a fifth kube-proxy pod that is being deleted",
        e.copied(e.PODS, "kube-proxy-", "kube-proxy-zzzzz", e.BEING_DELETED),
    ),
    Case(
        "a failed kube-proxy pod was left behind",
        e.copied(e.PODS, "kube-proxy-", "kube-proxy-zzzzz", e.put("status.phase", "Failed")),
        ("FAIL kube-proxy.pods", "FAIL kube-proxy.placement <- kube-proxy.pods"),
    ),
    Case("two kube-proxy pods on each other's nodes", e.data(e.PODS, exchanged), ("FAIL kube-proxy.placement",)),
    Case(
        "a kube-proxy pod on no node",
        e.pod("kube-proxy-", "node-3", e.put("spec.nodeName", None)),
        ("FAIL kube-proxy.placement",),
    ),
    Case(
        "a kube-proxy pod without address",
        e.pod("kube-proxy-", "node-3", e.take("status.podIP")),
        ("FAIL kube-proxy.placement",),
    ),
    Case(
        "a kube-proxy pod outside the cluster",
        e.pod("kube-proxy-", "node-3", e.put("spec.nodeName", "node-9")),
        ("FAIL kube-proxy.placement",),
    ),
    Case(
        "one more node selector",
        e.item(e.DAEMON_SETS, "kube-proxy", lambda d: d["spec"]["template"]["spec"]["nodeSelector"].update(disk="ssd")),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case("misscheduled pods are not shown", e.item(e.DAEMON_SETS, "kube-proxy", e.put("status.numberMisscheduled", 1))),
    Case(
        "a count that is a text",
        e.item(e.DAEMON_SETS, "kube-proxy", e.put("status.numberReady", "4")),
        ("ERROR kube-proxy.daemonset",),
    ),
    Case(
        "an owner that does not control",
        e.pod("kube-proxy-", "node-1", e.put("metadata.ownerReferences.0.controller", False)),
        ("FAIL kube-proxy.daemonset",),
    ),
    Case(
        "kube-proxy is missing on a node, as all lists say",
        e.both(
            e.without(e.PODS, "kube-proxy-", "node-2"),
            e.counts(
                "kube-proxy", currentNumberScheduled=3, numberReady=3, updatedNumberScheduled=3, numberAvailable=3
            ),
        ),
        (
            "FAIL kube-proxy.pods",
            "FAIL kube-proxy.placement <- kube-proxy.pods",
            "FAIL kube-proxy.daemonset <- kube-proxy.pods",
        ),
    ),
)
