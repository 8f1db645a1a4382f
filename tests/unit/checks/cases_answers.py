"""Cases about whole answers that are missing or something else, and about the plan that a collection holds."""

from __future__ import annotations

from dataclasses import replace

import recording_edits as e
from mutation_case import DOCKER_DETAILS, NODE_ROWS, NODES, POD_CLAIMS, UNIT_ROWS, Case, down, rows

from labctl.plan import LabPlan, NodePlan

NO_NODES = ("ERROR nodes.members", *(f"ERROR {i}@{n} <- nodes.members" for n in NODES for i in NODE_ROWS))
OF_THE_API = (
    *("nodes.members", "control-plane.endpoint", *POD_CLAIMS),
    *("daemonsets.exactly-two", "coredns.service", "services.only-kube-dns"),
)
DAEMON_PODS = tuple(f"{name}.{of}" for name in ("kube-proxy", "weave-net") for of in ("pods", "placement", "daemonset"))


def no_api(cause: str) -> tuple[str, ...]:
    """Nothing of what the API would have said is known, for one cause."""
    return (
        *rows("ERROR", OF_THE_API, cause=cause),
        *(f"ERROR {i}@{n} <- {cause}" for i in NODE_ROWS for n in NODES),
    )


def with_kubernetes(version: str) -> e.Edit:
    """A plan with that version."""

    def change(plan: LabPlan) -> LabPlan:
        versions = replace(plan.bundle.versions, kubernetes=version)
        return replace(plan, bundle=replace(plan.bundle, versions=versions))

    return e.planned(change)


CASES = (
    Case("the nodes' list goes on", e.data(e.NODES, e.put("metadata.continue", "abc")), NO_NODES),
    Case("the nodes' list is another list", lambda files: files.__setitem__(e.NODES, files[e.SERVICES]), NO_NODES),
    Case("the API answered nothing", e.drop_api, no_api("nodes.members")),
    Case(
        "nothing of any node",
        e.both(*(e.drop_node(node) for node in NODES)),
        tuple(row for node in NODES for row in rows("ERROR", UNIT_ROWS, node, f"kubelet.service@{node}")),
    ),
    Case(
        "the master's kubelet is down, and the API with it",
        e.both(e.drop_api, down("kubelet", "k8s-master")),
        (
            "FAIL kubelet.service@k8s-master",
            "FAIL kubelet.command-line@k8s-master <- kubelet.service@k8s-master",
            *no_api("kubelet.service@k8s-master"),
        ),
    ),
    Case(
        "the master's Docker is down, and the API with it",
        e.both(e.drop_api, down("docker", "k8s-master")),
        (
            "FAIL docker.service@k8s-master",
            "FAIL docker.command-line@k8s-master <- docker.service@k8s-master",
            *rows("ERROR", DOCKER_DETAILS, "k8s-master", "docker.service@k8s-master"),
            *no_api("docker.service@k8s-master"),
        ),
    ),
    Case("a list that no claim reads is gone", e.drop("api/api_v1_componentstatuses.json")),
    Case("the same plan", e.planned()),
    Case("a plan of another version", with_kubernetes("v1.21.1"), tuple(f"FAIL nodes.version@{n}" for n in NODES)),
    Case(
        "a plan of three nodes",
        e.planned(lambda plan: replace(plan, nodes=plan.nodes[:3])),
        ("FAIL nodes.members", *rows("FAIL", DAEMON_PODS, cause="nodes.members")),
    ),
    Case(
        "a plan of five nodes",
        e.planned(
            lambda plan: replace(plan, nodes=(*plan.nodes, NodePlan("node-4", "worker", "192.168.50.14", 1, 1536)))
        ),
        (
            "FAIL nodes.members",
            *rows("FAIL", NODE_ROWS, "node-4", "nodes.members"),
            *rows("FAIL", DAEMON_PODS, cause="nodes.members"),
            *rows("ERROR", UNIT_ROWS, "node-4", "kubelet.service@node-4"),
            *rows("SKIP", ("network.node-to-pod", "dns.resolves"), "node-4"),
        ),
    ),
    Case(
        "a plan with another service network",
        e.planned(lambda plan: replace(plan, network=replace(plan.network, service_cidr="10.97.0.0/16"))),
        ("FAIL coredns.service",),
    ),
)
