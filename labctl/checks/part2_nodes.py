"""Part 2 of the tutorial, nodes: which there are, whether they are ready, their roles and version."""

from __future__ import annotations

from typing import Any

from labctl.checks.compare import differences
from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObservedError
from labctl.facts.objects import Node
from labctl.releases import TUTORIAL

GET_NODES = "kubectl get nodes"
GET_NODES_WIDE = "kubectl get nodes -o wide"
_MASTER_TAINTS = ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane")
_CORDON_TAINT = "node.kubernetes.io/unschedulable"


def member(facts: Facts, at: At) -> Node | None:
    """The node of this scope in the cluster; None if the cluster has none of that name."""
    return next((node for node in facts.nodes() if node.name == at.node.name), None)


def seen(node: Node, value: str, what: str) -> str:
    """A text that every node of a cluster reports. Raises NotObservedError where it is empty."""
    if not value:
        raise NotObservedError(f"{node.name} reports no {what}")
    return value


def or_missing(expected: object, actual: object) -> str | None:
    """Differences, where None stands for a node that the cluster does not have."""
    return "the node is not in the cluster" if actual is None else differences(expected, actual)


def node_row(*columns: str) -> str:
    """A node's row in kubectl get nodes, without the columns that are not asked for."""
    return "   ".join(("{node}", *columns))


def row_or_none(actual: str | None) -> str:
    """The row of a node with one more column, or that there is no such row."""
    return "no {node}" if actual is None else node_row(actual)


def observe_members(facts: Facts, _at: At) -> dict[str, str]:
    """Name and InternalIP of every node of the cluster."""
    return {node.name: node.internal_ip for node in facts.nodes()}


def members_fix(at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Joins what is missing; a node too many is the user's own to take out."""
    planned = {node.name for node in at.plan.nodes}
    extra = sorted(set(actual or {}) - planned)
    if extra and planned <= set(actual):
        return f"kubectl delete node {' '.join(extra)}"
    return "labctl up --from workers"


MEMBERS = Check(
    id="nodes.members",
    scope="lab",
    title="the cluster's nodes are exactly the plan's",
    source="Part 2 and Part 6, nodes",
    command=GET_NODES_WIDE,
    shown="NAME   INTERNAL-IP\n"
    "k8s-master   192.168.50.10\nnode-1   192.168.50.11\nnode-2   192.168.50.12\nnode-3   192.168.50.13",
    judged="names and InternalIP of all nodes are those of the lab's plan, and there is no other node",
    breaks="kubectl delete node node-3",
    fix=members_fix,
    expect=lambda at: {node.name: node.ip for node in at.plan.nodes},
    observe=observe_members,
    show=lambda actual: "\n".join(f"{name}   {ip}" for name, ip in actual.items()) or "no nodes",
)


def observe_ready(facts: Facts, at: At) -> dict[str, Any] | None:
    """Ready's status, whether cordoned, and taints that keep ordinary pods away."""
    node = member(facts, at)
    if node is None:
        return None
    status, message = node.ready
    own = _MASTER_TAINTS if at.node.role == "control-plane" else ()
    repelling = [key for key, effect in node.repelling_taints if not (key in own and effect == "NoSchedule")]
    # The not-ready and unreachable taints only repeat what Ready says.
    taints = [key for key in dict.fromkeys(repelling) if not _repeats(key, status)]
    cordoned = node.cordoned or _CORDON_TAINT in taints
    found = {"ready": status or "none", "cordoned": cordoned, "taints": [t for t in taints if t != _CORDON_TAINT]}
    return found if status == "True" else {**found, "message": message}


def _repeats(taint: str, status: str) -> bool:
    return status != "True" and taint in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def compare_ready(_expected: object, actual: Any) -> str | None:  # noqa: ANN401 - what was observed
    """In the words of kubectl get nodes."""
    if actual is None:
        return or_missing(_expected, actual)
    parts = [] if actual["ready"] == "True" else [f"Ready is {actual['ready']}: {actual['message']}"]
    parts += ["it is cordoned (SchedulingDisabled)"] if actual["cordoned"] else []
    parts += [f"its taint {taint} keeps pods away" for taint in actual["taints"]]
    return "; ".join(parts) or None


def ready_fix(at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Uncordon or untaint what a user did; else bring the node up."""
    if actual and actual["ready"] == "True" and actual["cordoned"]:
        return "kubectl uncordon {node}"
    if actual and actual["ready"] == "True" and actual["taints"]:
        return "kubectl taint nodes {node} " + " ".join(f"{taint}-" for taint in actual["taints"])
    return f"labctl up --from {'control_plane' if at.node.role == 'control-plane' else 'workers'}"


def ready_row(actual: Any) -> str:  # noqa: ANN401 - what was observed
    """The STATUS column as kubectl has it, and taints, which it does not show."""
    if actual is None:
        return row_or_none(actual)
    status = ("Ready" if actual["ready"] == "True" else "NotReady") + ",SchedulingDisabled" * actual["cordoned"]
    return node_row(status, *(f"taint {taint}" for taint in actual["taints"]))


READY = Check(
    id="nodes.ready",
    scope="node",
    title="the node is Ready and schedulable",
    source="Part 2, nodes",
    command=GET_NODES,
    shown="NAME   STATUS\n{node}   Ready",
    judged="its condition Ready is True, it is not cordoned, and no taint but the master's own keeps pods away",
    breaks="kubectl cordon node-1",
    fix=ready_fix,
    expect=lambda _: {"ready": "True", "cordoned": False, "taints": []},
    observe=observe_ready,
    compare=compare_ready,
    show=ready_row,
)


def observe_roles(facts: Facts, at: At) -> str | None:
    """The ROLES column."""
    node = member(facts, at)
    return None if node is None else node.roles or "<none>"


ROLES = Check(
    id="nodes.roles",
    scope="node",
    title="the node's roles are as shown",
    source="Part 2, nodes",
    command=GET_NODES,
    shown="NAME   ROLES\nk8s-master   control-plane,master\nnode-1   <none>\nnode-2   <none>\nnode-3   <none>",
    judged="kubectl's ROLES column, from the labels node-role.kubernetes.io/…",
    breaks="kubectl label node k8s-master node-role.kubernetes.io/master-",
    fix=lambda at, _: roles_fix(at),
    expect=lambda at: "control-plane,master" if at.node.role == "control-plane" else "<none>",
    observe=observe_roles,
    compare=or_missing,
    show=row_or_none,
)


def roles_fix(at: At) -> str:
    """Sets the labels that kubeadm sets, or shows those too many."""
    if at.node.role == "control-plane":
        return "kubectl label node {node} node-role.kubernetes.io/control-plane= node-role.kubernetes.io/master="
    return "kubectl label node {node} node-role.kubernetes.io/ROLE-   (for each ROLE that it should not have)"


def observe_version(facts: Facts, at: At) -> str | None:
    """The node's kubelet version."""
    node = member(facts, at)
    return None if node is None else seen(node, node.info("kubeletVersion"), "kubelet version")


def version_drift(expected: str, actual: object) -> str | None:
    """The plan's version may be another than the tutorial's; a node's may not be another than the plan's."""
    if actual != expected or expected == TUTORIAL.kubernetes:
        return None
    return f"the tutorial shows {TUTORIAL.kubernetes}; this lab's plan says {expected}, and the node has that"


def expect_version(at: At) -> str:
    """The plan's version. Raises NotObservedError where a recording does not say it."""
    if not at.plan.versions.kubernetes:
        raise NotObservedError("the recording has no plan, and its version.json names no version to hold the node to")
    return at.plan.versions.kubernetes


VERSION = Check(
    id="nodes.version",
    scope="node",
    title="the kubelet's version is the plan's",
    source="Part 2, nodes",
    command=GET_NODES,
    shown="NAME   VERSION\n{node}   v1.21.1",
    judged="the node's kubeletVersion is the plan's (of a recording without plan: the API server's); DRIFT if that is "
    "not the tutorial's v1.21.1",
    breaks="install another kubelet on one node",
    fix="labctl up --from kube_packages",
    expect=expect_version,
    observe=observe_version,
    compare=or_missing,
    show=row_or_none,
    drift=version_drift,
)

CHECKS = (MEMBERS, READY, ROLES, VERSION)
