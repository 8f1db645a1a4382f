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
    Case(
        "weave-net crashes on a node, as all lists say",
        e.both(
            e.pod("weave-net-", "node-2", lambda p: p["status"]["containerStatuses"][0].update(ready=False)),
            e.counts("weave-net", numberReady=3, numberAvailable=3),
        ),
        ("FAIL weave-net.pods", "FAIL weave-net.daemonset <- weave-net.pods"),
    ),
    Case(
        "weave-net under another name",
        e.item(e.DAEMON_SETS, "weave-net", e.put("metadata.name", "weave")),
        ("FAIL daemonsets.exactly-two", "FAIL weave-net.daemonset"),
    ),
    Case(
        "a weave-net container without status",
        e.pod("weave-net-", "node-3", e.take("status.containerStatuses.1")),
        ("FAIL weave-net.pods",),
    ),
    Case(
        "weave-net by digest",
        e.text(e.PODS, '"weaveworks/weave-kube:2.8.1"', '"weaveworks/weave-kube@sha256:%s"' % ("a" * 64)),
        ("DRIFT weave-net.image",),
    ),
    Case(
        "weave-net by tag and digest",
        e.text(e.PODS, '"weaveworks/weave-kube:2.8.1"', '"weaveworks/weave-kube:2.8.1@sha256:%s"' % ("a" * 64)),
    ),
    Case(
        "weave-net from a registry by digest",
        e.text(e.PODS, '"weaveworks/weave-npc:2.8.1"', '"ghcr.io/weaveworks/weave-npc@sha256:%s"' % ("a" * 64)),
        ("DRIFT weave-net.image",),
    ),
    Case(
        "weave-net without tag",
        e.text(e.PODS, '"weaveworks/weave-kube:2.8.1"', '"weaveworks/weave-kube"'),
        ("DRIFT weave-net.image",),
    ),
    Case(
        "weave-net of nobody",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "weave-kube:2.8.1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "another image of weaveworks",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "weaveworks/weaveexec:2.8.1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "a stand-in of somebody else",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", "other.local/weave-kube-standin:1")),
        ("FAIL weave-net.image",),
    ),
    Case(
        "a foreign init container",
        e.pod(
            "weave-net-",
            "node-1",
            lambda p: p["spec"].setdefault("initContainers", []).append({"name": "x", "image": "busybox"}),
        ),
        ("FAIL weave-net.image",),
    ),
    Case(
        "an image that is a number",
        e.pod("weave-net-", "node-1", e.put("spec.containers.0.image", 5)),
        ("ERROR weave-net.image",),
    ),
)
