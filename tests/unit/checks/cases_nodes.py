"""One-change cases about the nodes."""

from __future__ import annotations

import recording_edits as e
from mutation_case import NODE_ROWS, NODES, Case, rows

CASES = (
    Case(
        "a node is missing",
        e.without(e.NODES, "node-3"),
        ("FAIL nodes.members", *rows("FAIL", NODE_ROWS, "node-3", "nodes.members")),
    ),
    Case(
        "a fifth node",
        e.copied(e.NODES, "node-3", "node-4", e.put("status.addresses.0.address", "192.168.50.14")),
        ("FAIL nodes.members",),
    ),
    Case(
        "a node under another name",
        e.item(e.NODES, "node-2", e.put("metadata.name", "node-two")),
        ("FAIL nodes.members", *rows("FAIL", NODE_ROWS, "node-2", "nodes.members")),
    ),
    Case(
        "a node at another address",
        e.item(e.NODES, "node-2", e.put("status.addresses.0.address", "10.0.2.15")),
        ("FAIL nodes.members",),
    ),
    Case(
        "a node without InternalIP",
        e.item(e.NODES, "node-2", e.put("status.addresses", [{"type": "Hostname", "address": "node-2"}])),
        ("FAIL nodes.members",),
    ),
    Case(
        "a node is not ready",
        e.item(e.NODES, "node-1", e.put("status.conditions.4.status", "False")),
        ("FAIL nodes.ready@node-1",),
    ),
    Case(
        "readiness is unknown",
        e.item(e.NODES, "node-1", e.put("status.conditions.4.status", "Unknown")),
        ("FAIL nodes.ready@node-1",),
    ),
    Case("no condition Ready", e.item(e.NODES, "node-1", e.take("status.conditions.4")), ("FAIL nodes.ready@node-1",)),
    Case("cordoned", e.item(e.NODES, "node-2", e.put("spec.unschedulable", True)), ("FAIL nodes.ready@node-2",)),
    Case(
        "the master is cordoned",
        e.item(e.NODES, "k8s-master", e.put("spec.unschedulable", True)),
        ("FAIL nodes.ready@k8s-master",),
    ),
    Case(
        "a tainted worker",
        e.item(e.NODES, "node-2", e.put("spec.taints", [{"key": "mine", "effect": "NoSchedule"}])),
        ("FAIL nodes.ready@node-2",),
    ),
    Case(
        "a soft taint", e.item(e.NODES, "node-2", e.put("spec.taints", [{"key": "mine", "effect": "PreferNoSchedule"}]))
    ),
    Case("the master without its taint", e.item(e.NODES, "k8s-master", e.take("spec.taints"))),
    Case(
        "a role label is missing",
        e.item(e.NODES, "k8s-master", lambda n: n["metadata"]["labels"].pop("node-role.kubernetes.io/master")),
        ("FAIL nodes.roles@k8s-master",),
    ),
    Case(
        "a worker with a role",
        e.item(e.NODES, "node-1", lambda n: n["metadata"]["labels"].update({"node-role.kubernetes.io/worker": ""})),
        ("FAIL nodes.roles@node-1",),
    ),
    Case(
        "another kubelet on one node",
        e.item(e.NODES, "node-3", e.put("status.nodeInfo.kubeletVersion", "v1.20.3")),
        ("FAIL nodes.version@node-3",),
    ),
    Case(
        "another kube-proxy version in the node's info",
        e.item(e.NODES, "node-3", e.put("status.nodeInfo.kubeProxyVersion", "v1.20.3")),
    ),
    Case(
        "no kubelet version",
        e.item(e.NODES, "node-3", e.put("status.nodeInfo.kubeletVersion", "")),
        ("ERROR nodes.version@node-3",),
    ),
    Case(
        "a kubelet version of the wrong type",
        e.item(e.NODES, "node-3", e.put("status.nodeInfo.kubeletVersion", 1.2)),
        ("ERROR nodes.version@node-3",),
    ),
    Case(
        "another system on one node",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.osImage", "Ubuntu 20.04.2 LTS")),
        ("FAIL nodes.os@node-1",),
    ),
    Case(
        "the tutorial's system on all nodes",
        e.text(e.NODES, "Debian GNU/Linux 12 (bookworm)", "Ubuntu 20.04.2 LTS"),
        tuple(f"PASS nodes.os@{n}" for n in NODES),
    ),
    Case(
        "another kernel on one node",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.kernelVersion", "5.4.0-73-generic")),
    ),
    Case(
        "another runtime",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "containerd://1.6.20")),
        ("FAIL nodes.runtime@node-1",),
    ),
    Case(
        "another Docker series in the node's info",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://19.3.15")),
        ("FAIL nodes.runtime@node-1",),
    ),
    Case(
        "the tutorial's Docker in the node's info",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://20.10.6")),
        ("PASS nodes.runtime@node-1",),
    ),
    Case(
        "the nodes' list is refused",
        e.refuse(e.NODES),
        ("ERROR nodes.members", *(f"ERROR {i}@{n} <- nodes.members" for n in NODES for i in NODE_ROWS)),
    ),
    Case(
        "the nodes' list is cut off",
        e.cut(e.NODES),
        ("ERROR nodes.members", *(f"ERROR {i}@{n} <- nodes.members" for n in NODES for i in NODE_ROWS)),
    ),
    Case(
        "the API server's version is the tutorial's",
        e.data(e.VERSION, e.put("gitVersion", "v1.21.1")),
        tuple(f"FAIL nodes.version@{n}" for n in NODES),
    ),
    Case(
        "no API server version",
        e.drop(e.VERSION),
        (
            "ERROR nodes.version@k8s-master",
            *(f"ERROR nodes.version@{n} <- nodes.version@k8s-master" for n in NODES[1:]),
        ),
    ),
    Case(
        "the API server's version is refused",
        e.refuse(e.VERSION),
        (
            "ERROR nodes.version@k8s-master",
            *(f"ERROR nodes.version@{n} <- nodes.version@k8s-master" for n in NODES[1:]),
        ),
    ),
    Case(
        "the tutorial's versions throughout",
        e.both(e.data(e.VERSION, e.put("gitVersion", "v1.21.1")), e.text(e.NODES, "v1.20.2", "v1.21.1")),
        tuple(f"PASS nodes.version@{n}" for n in NODES),
    ),
    Case(
        "two InternalIPs, the plan's first",
        e.addresses("node-2", ("InternalIP", "192.168.50.12"), ("InternalIP", "10.0.2.15"), ("Hostname", "node-2")),
    ),
    Case(
        "two InternalIPs, the plan's second",
        e.addresses("node-2", ("InternalIP", "10.0.2.15"), ("InternalIP", "192.168.50.12")),
        ("FAIL nodes.members",),
    ),
    Case("an ExternalIP as well", e.addresses("node-2", ("ExternalIP", "1.2.3.4"), ("InternalIP", "192.168.50.12"))),
    Case(
        "two nodes with each other's addresses",
        e.both(
            e.addresses("node-1", ("InternalIP", "192.168.50.12")),
            e.addresses("node-2", ("InternalIP", "192.168.50.11")),
        ),
        ("FAIL nodes.members",),
    ),
    Case("an address that is a number", e.addresses("node-2", ("InternalIP", 5)), ("ERROR nodes.members",)),
    Case(
        "no node at all",
        e.data(e.NODES, e.put("items", [])),
        ("FAIL nodes.members", *(f"FAIL {i}@{n} <- nodes.members" for i in NODE_ROWS for n in NODES)),
    ),
    Case(
        "a node without status",
        e.item(e.NODES, "node-2", e.take("status")),
        (
            "FAIL nodes.members",
            "FAIL nodes.ready@node-2",
            "ERROR nodes.version@node-2",
            "ERROR nodes.os@node-2",
            "ERROR nodes.runtime@node-2",
        ),
    ),
    Case(
        "unreachable taint on a Ready node",
        e.taints("node-2", ("node.kubernetes.io/unreachable", "NoExecute")),
        ("FAIL nodes.ready@node-2",),
    ),
    Case(
        "cordoned by its taint only",
        e.taints("node-2", ("node.kubernetes.io/unschedulable", "NoSchedule")),
        ("FAIL nodes.ready@node-2",),
    ),
    Case(
        "the master with both its taints",
        e.taints(
            "k8s-master",
            ("node-role.kubernetes.io/master", "NoSchedule"),
            ("node-role.kubernetes.io/control-plane", "NoSchedule"),
        ),
    ),
    Case(
        "the master with one more taint",
        e.taints("k8s-master", ("node-role.kubernetes.io/master", "NoSchedule"), ("x", "NoExecute")),
        ("FAIL nodes.ready@k8s-master",),
    ),
    Case(
        "the master's taint evicts",
        e.taints("k8s-master", ("node-role.kubernetes.io/master", "NoExecute")),
        ("FAIL nodes.ready@k8s-master",),
    ),
    Case(
        "a worker with the master's taint",
        e.taints("node-1", ("node-role.kubernetes.io/master", "NoSchedule")),
        ("FAIL nodes.ready@node-1",),
    ),
    Case(
        "memory pressure",
        e.item(
            e.NODES,
            "node-1",
            lambda n: [c.update(status="True") for c in n["status"]["conditions"] if c["type"] == "MemoryPressure"],
        ),
    ),
    Case(
        "unschedulable of the wrong type",
        e.item(e.NODES, "node-1", e.put("spec.unschedulable", "yes")),
        ("ERROR nodes.ready@node-1",),
    ),
    Case(
        "a role by the older label",
        e.item(e.NODES, "node-1", lambda n: n["metadata"]["labels"].update({"kubernetes.io/role": "node"})),
        ("FAIL nodes.roles@node-1",),
    ),
    Case(
        "the master is an etcd, too",
        e.item(e.NODES, "k8s-master", lambda n: n["metadata"]["labels"].update({"node-role.kubernetes.io/etcd": ""})),
        ("FAIL nodes.roles@k8s-master",),
    ),
    Case(
        "labels of the wrong type",
        e.item(e.NODES, "node-1", e.put("metadata.labels", ["x"])),
        ("ERROR nodes.roles@node-1",),
    ),
    Case(
        "another kubelet on the master",
        e.item(e.NODES, "k8s-master", e.put("status.nodeInfo.kubeletVersion", "v1.21.1")),
        ("FAIL nodes.version@k8s-master",),
    ),
    Case(
        "another build of the same version",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.kubeletVersion", "v1.20.2+k3s1")),
        ("FAIL nodes.version@node-1",),
    ),
    Case(
        "a version that is a number",
        e.data(e.VERSION, e.put("gitVersion", 1.2)),
        (
            "ERROR nodes.version@k8s-master",
            *(f"ERROR nodes.version@{n} <- nodes.version@k8s-master" for n in NODES[1:]),
        ),
    ),
    Case(
        "version.json is cut off",
        e.cut(e.VERSION),
        (
            "ERROR nodes.version@k8s-master",
            *(f"ERROR nodes.version@{n} <- nodes.version@k8s-master" for n in NODES[1:]),
        ),
    ),
    Case(
        "two systems, half and half",
        e.both(
            *(e.item(e.NODES, n, e.put("status.nodeInfo.osImage", "Ubuntu 22.04 LTS")) for n in ("node-2", "node-3"))
        ),
        ("FAIL nodes.os@node-2", "FAIL nodes.os@node-3"),
    ),
    Case(
        "only the master differs",
        e.both(*(e.item(e.NODES, n, e.put("status.nodeInfo.osImage", "Ubuntu 20.04.2 LTS")) for n in NODES[1:])),
        ("FAIL nodes.os@k8s-master", *(f"PASS nodes.os@{n}" for n in NODES[1:])),
    ),
    Case(
        "another patch level of the tutorial's system",
        e.text(e.NODES, "Debian GNU/Linux 12 (bookworm)", "Ubuntu 20.04.5 LTS"),
    ),
    Case("no system told", e.item(e.NODES, "node-1", e.put("status.nodeInfo.osImage", "")), ("ERROR nodes.os@node-1",)),
    Case(
        "Docker with the distribution's suffix in the node's info",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://20.10.7+dfsg1")),
    ),
    Case(
        "Docker 23 in the node's info",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://23.0.1")),
        ("FAIL nodes.runtime@node-1",),
    ),
    Case(
        "Docker 20.100 in the node's info",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://20.100.1")),
        ("FAIL nodes.runtime@node-1",),
    ),
    Case(
        "a Docker without patch level",
        e.item(e.NODES, "node-1", e.put("status.nodeInfo.containerRuntimeVersion", "docker://20.10")),
        ("FAIL nodes.runtime@node-1",),
    ),
)
