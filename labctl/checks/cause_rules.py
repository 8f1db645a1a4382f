"""What each claim's failure may only follow from, nearest first: RULES.

How a root cause is found by these rules stands in causes.py; judging single claims belongs in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.checks.model import LAB, CheckResult, Outcome, Ref
from labctl.checks.probe_facts import FAILED
from labctl.plan import LabPlan

Results = Mapping[Ref, CheckResult]
_COUNTS = ("desired", "current", "ready", "up-to-date", "available")
_COREDNS = 2


@dataclass(frozen=True)
class Case:
    """One broken result and all others; results holds only what the user asked to judge."""

    plan: LabPlan
    results: Results
    result: CheckResult

    @property
    def scope(self) -> str:
        """The scope of the broken result."""
        return self.result.scope

    @property
    def actual(self) -> Any:  # noqa: ANN401 - what was observed
        """What was observed, None for nothing."""
        return self.result.actual

    def failed(self, check: str, scope: str = LAB) -> CheckResult | None:
        """Another result if it is FAIL."""
        result = self.results.get(Ref(check, scope))
        return result if result is not None and result.outcome is Outcome.FAIL else None


Rule = Callable[[Case], Iterator[Ref]]


def stopped(case: Case, unit: str, node: str) -> Iterator[Ref]:
    """The unit on that node, if it does not run."""
    found = case.failed(unit, node)
    if found is not None and not str(found.actual["active"]).startswith("active ("):
        yield found.ref


def missing_nodes(case: Case) -> set[str]:
    """Nodes of the plan that the cluster does not have."""
    found = case.failed("nodes.members")
    return set() if found is None else {node.name for node in case.plan.nodes} - set(found.actual)


def members(case: Case, *nodes: str) -> Iterator[Ref]:
    """nodes.members, if one of these nodes is missing."""
    if missing_nodes(case) & set(nodes):
        yield Ref("nodes.members", LAB)


def not_ready_nodes(case: Case) -> Iterator[Ref]:
    """Nodes whose kubelet or runtime fails, as opposed to cordoned ones."""
    for node in case.plan.nodes:
        found = case.failed("nodes.ready", node.name)
        if found is not None and found.actual is not None and found.actual["ready"] != "True":
            yield found.ref


def structural(case: Case, name: str) -> Iterator[Ref]:
    """The DaemonSet, if it is missing or does not even want a pod on every node."""
    found = case.failed(f"{name}.daemonset")
    if found is not None and (found.actual is None or found.actual["desired"] != len(case.plan.nodes)):
        yield found.ref


def scaled(case: Case) -> Iterator[Ref]:
    """CoreDNS's Deployment, if it is missing or asks for another number of pods."""
    found = case.failed("coredns.deployment")
    if found is not None and (found.actual is None or not str(found.actual["ready"]).endswith(f"/{_COREDNS}")):
        yield found.ref


def any_failed(case: Case, check: str) -> Iterator[Ref]:
    """That claim of the lab, if it fails."""
    found = case.failed(check)
    if found is not None:
        yield found.ref


def node_row(case: Case) -> Iterator[Ref]:
    """A claim about a node that is not in the cluster."""
    if case.actual is None:
        yield from members(case, case.scope)


def node_ready(case: Case) -> Iterator[Ref]:
    """A node is not Ready because it is not there, a service on it is stopped, or the network was never set up."""
    yield from node_row(case)
    if case.actual is not None and case.actual["ready"] != "True":
        yield from stopped(case, "docker.service", case.scope)
        yield from stopped(case, "kubelet.service", case.scope)
        command_line = case.failed("kubelet.command-line", case.scope)
        # A kubelet that runs and reports nothing: it was started as something else.
        if case.actual["ready"] == "Unknown" and command_line is not None and command_line.actual["process"]:
            yield command_line.ref
        if "network plugin" in case.actual["message"] or "cni" in case.actual["message"].lower():
            yield from structural(case, "weave-net")


def kubelet_service(case: Case) -> Iterator[Ref]:
    """A kubelet that starts again and again lacks Docker, or was never told to join."""
    if case.actual is not None and not str(case.actual["active"]).startswith(("active (", "inactive (")):
        yield from stopped(case, "docker.service", case.scope)
        yield from members(case, case.scope)


def kubelet_command_line(case: Case) -> Iterator[Ref]:
    """Nothing runs, so nothing was started with the flags; or what holds the flags, the drop-in, is gone."""
    yield from stopped(case, "kubelet.service", case.scope)
    service = case.failed("kubelet.service", case.scope)
    if service is not None and not set(service.expected["drop-ins"]) <= set(service.actual["drop-ins"]):
        yield service.ref


def docker_detail(case: Case) -> Iterator[Ref]:
    """Nothing is known of a Docker that does not run."""
    yield from stopped(case, "docker.service", case.scope)


def master_pod(case: Case) -> Iterator[Ref]:
    """A static pod needs its node's services."""
    master = case.plan.control_plane.name
    yield from stopped(case, "docker.service", master)
    yield from stopped(case, "kubelet.service", master)
    yield from members(case, master)


def shortage(case: Case, name: str) -> Iterator[Ref]:
    """Pods are missing or not ready: the DaemonSet does not want them, or their node is gone or not Ready."""
    yield from structural(case, name)
    yield from members(case, *missing_nodes(case))
    yield from not_ready_nodes(case)


def daemon_pods(name: str) -> Rule:
    """The rule for <name>.pods."""
    return lambda case: shortage(case, name)


def daemon_placement(name: str) -> Rule:
    """The rule for <name>.placement: misplaced pods are a cause; missing ones, and nodes' addresses, have another."""

    def rule(case: Case) -> Iterator[Ref]:
        yield from readdressed(case)
        pods = case.failed(f"{name}.pods")
        if pods is not None:
            yield from shortage(case, name)
            yield pods.ref

    return rule


def readdressed(case: Case) -> Iterator[Ref]:
    """Pods in the host network have their node's address: where the node itself has another than the plan's."""
    found = case.failed("nodes.members")
    if found is not None:
        expected, actual = case.result.expected, case.actual
        differing = [node for node in {**expected, **actual} if expected.get(node) != actual.get(node)]
        if all(actual.get(node) == [found.actual.get(node)] for node in differing):
            yield found.ref


def daemon_set(name: str) -> Rule:
    """The rule for <name>.daemonset: only its counts can be a consequence."""

    def rule(case: Case) -> Iterator[Ref]:
        expected, actual = case.result.expected, case.actual
        if actual is None or any(expected[key] != actual[key] for key in expected if key not in _COUNTS):
            return
        if actual["desired"] != len(case.plan.nodes):
            found = case.failed("nodes.members")
            if found is not None and actual["desired"] == len(found.actual):
                yield found.ref
            return
        yield from not_ready_nodes(case)
        yield from any_failed(case, f"{name}.pods")

    return rule


def exactly_two(case: Case) -> Iterator[Ref]:
    """A DaemonSet that is missing has its own claim; one too many is told here."""
    if not set(case.actual) - set(case.result.expected):
        for name in case.result.expected:
            yield from structural(case, name)


def coredns_pods(case: Case) -> Iterator[Ref]:
    """As many pods as the Deployment asks for, where nodes let them run."""
    yield from scaled(case)
    yield from not_ready_nodes(case)
    yield from structural(case, "weave-net")


def coredns_deployment(case: Case) -> Iterator[Ref]:
    """Too few ready pods; but a Deployment that asks for another number is a cause."""
    if case.actual is not None and not list(scaled(case)) and not case.actual["pods it does not own"]:
        yield from not_ready_nodes(case)
        yield from structural(case, "weave-net")
        yield from any_failed(case, "coredns.pods")


def coredns_endpoints(case: Case) -> Iterator[Ref]:
    """No service, or not the pods for it."""
    service = case.failed("coredns.service")
    if service is not None and service.actual is None:
        yield service.ref
    yield from scaled(case)
    if case.actual is None or len(case.actual["addresses"]) != _COREDNS:
        yield from not_ready_nodes(case)
    pods = case.failed("coredns.pods")
    if pods is not None:
        yield from not_ready_nodes(case)
        yield pods.ref


def only_service(case: Case) -> Iterator[Ref]:
    """kube-dns missing has its own claim; one too many is told here."""
    if not case.actual:
        yield from any_failed(case, "coredns.service")


def kubectl_user(case: Case) -> Iterator[Ref]:
    """No kubectl gets an answer from a control plane that is stopped."""
    master = case.plan.control_plane.name
    yield from stopped(case, "docker.service", master)
    yield from stopped(case, "kubelet.service", master)


def no_pods(case: Case) -> Iterator[Ref]:
    """No pods, so no images."""
    if not case.actual:
        yield from any_failed(case, "weave-net.pods")


def unprobed(case: Case, *nodes: str) -> Iterator[Ref]:
    """What keeps probe pods, or packets to and from them, from these nodes."""
    for node in nodes:
        yield from stopped(case, "docker.service", node)
        yield from stopped(case, "kubelet.service", node)
    yield from members(case, *nodes)
    yield from (ref for ref in not_ready_nodes(case) if ref.scope in nodes)
    yield from structural(case, "weave-net")
    yield from any_failed(case, "weave-net.pods")


def probe_pairs(case: Case) -> Iterator[Ref]:
    """Pairs fail for their nodes' sake; those of the host network where the pods themselves do not get through."""
    names = [node.name for node in case.plan.nodes]
    if case.actual is None:
        yield from unprobed(case, *names)
        return
    failed = set(case.actual[FAILED])
    yield from unprobed(case, *(name for name in names if any(name in pair.split(" -> ") for pair in failed)))
    pods = case.failed("network.pod-to-pod")
    if pods is not None and pods.ref != case.result.ref and failed <= set(pods.actual[FAILED]):
        yield pods.ref


def probe_node(case: Case) -> Iterator[Ref]:
    """A node without a probe pod reaches none."""
    yield from unprobed(case, case.scope)


def probe_dns(case: Case) -> Iterator[Ref]:
    """No answer without the service and pods behind it, nor from a node whose pods reach nobody."""
    yield from unprobed(case, case.scope)
    if case.actual is None:
        return
    service = case.failed("coredns.service")
    if service is not None:
        yield service.ref
    yield from scaled(case)
    yield from any_failed(case, "coredns.pods")
    yield from any_failed(case, "coredns.endpoints")
    yield from any_failed(case, "network.pod-to-pod")


RULES: Mapping[str, Rule] = {
    "nodes.ready": node_ready,
    "nodes.roles": node_row,
    "nodes.version": node_row,
    "nodes.os": node_row,
    "nodes.runtime": node_row,
    "control-plane.etcd": master_pod,
    "control-plane.kube-apiserver": master_pod,
    "control-plane.kube-controller-manager": master_pod,
    "control-plane.kube-scheduler": master_pod,
    "kube-proxy.pods": daemon_pods("kube-proxy"),
    "kube-proxy.placement": daemon_placement("kube-proxy"),
    "kube-proxy.daemonset": daemon_set("kube-proxy"),
    "daemonsets.exactly-two": exactly_two,
    "kubelet.service": kubelet_service,
    "kubelet.command-line": kubelet_command_line,
    "docker.command-line": docker_detail,
    "docker.version": docker_detail,
    "docker.storage-driver": docker_detail,
    "docker.bridge": docker_detail,
    "coredns.pods": coredns_pods,
    "coredns.deployment": coredns_deployment,
    "coredns.endpoints": coredns_endpoints,
    "services.only-kube-dns": only_service,
    "weave-net.pods": daemon_pods("weave-net"),
    "weave-net.placement": daemon_placement("weave-net"),
    "weave-net.daemonset": daemon_set("weave-net"),
    "weave-net.image": no_pods,
    "kubectl.non-root": kubectl_user,
    "network.pod-to-pod": probe_pairs,
    "network.node-to-pod": probe_node,
    "network.host-pod-to-pod": probe_pairs,
    "dns.resolves": probe_dns,
}
# Those that explain as well why nothing could be seen.
RULES_FOR_ERRORS = (docker_detail, probe_pairs, probe_node, probe_dns)
