"""One-change cases about weave-net."""

from __future__ import annotations

import recording_edits as e
from mutation_case import Case

CASES = (
    Case(
        "a weave-net pod is gone",
        e.without(e.PODS, "weave-net-", "node-3"),
        ("FAIL weave-net.pods", "FAIL weave-net.placement <- weave-net.pods"),
    ),
    Case(
        "one of two containers is not ready",
        e.pod("weave-net-", "node-3", e.put("status.containerStatuses.1.ready", False)),
        ("FAIL weave-net.pods",),
    ),
    Case(
        "weave-net on the wrong node",
        e.pod("weave-net-", "node-3", e.put("spec.nodeName", "node-2")),
        ("FAIL weave-net.placement",),
    ),
    Case(
        "weave-net with a selector",
        e.item(e.DAEMON_SETS, "weave-net", e.put("spec.template.spec.nodeSelector", {"kubernetes.io/os": "linux"})),
        ("FAIL weave-net.daemonset",),
    ),
    Case(
        "weave-net has one ready pod less",
        e.item(e.DAEMON_SETS, "weave-net", e.put("status.numberReady", 3)),
        ("FAIL weave-net.daemonset",),
    ),
    Case(
        "a weave-net pod of another owner",
        e.pod("weave-net-", "node-1", e.put("metadata.ownerReferences.0.name", "weave")),
        ("FAIL weave-net.daemonset",),
    ),
    Case(
        "no DaemonSet weave-net",
        e.without(e.DAEMON_SETS, "weave-net"),
        ("FAIL weave-net.daemonset", "FAIL daemonsets.exactly-two <- weave-net.daemonset"),
    ),
    Case(
        "another image in one pod",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "calico/node:v3.26.1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "a namesake's image",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "someone/weave-kube:2.8.1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "a longer name's image",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "notweaveworks/weave-kube:2.8.1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "another image in the DaemonSet",
        e.item(e.DAEMON_SETS, "weave-net", e.put("spec.template.spec.containers.1.image", "busybox:1.35.0")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "an older tag",
        e.text(e.PODS, "weaveworks/weave-npc:2.8.1", "weaveworks/weave-npc:2.7.0"),
        ("DRIFT weave-net.image",),
    ),
    Case(
        "another registry",
        e.text(e.PODS, '"weaveworks/weave-', '"mirror.example:5000/weaveworks/weave-'),
        ("DRIFT weave-net.image",),
    ),
    Case("Docker Hub by name", e.text(e.PODS, '"weaveworks/weave-', '"docker.io/weaveworks/weave-')),
    Case(
        "the stand-in",
        e.both(
            *(
                e.both(
                    e.text(k, "weaveworks/weave-kube:2.8.1", "labctl.local/weave-kube-standin:1"),
                    e.text(k, "weaveworks/weave-npc:2.8.1", "labctl.local/weave-npc-standin:1"),
                )
                for k in (e.PODS, e.DAEMON_SETS)
            )
        ),
        ("DRIFT weave-net.image",),
    ),
)
