"""Part 3 of the tutorial, the networking model and DNS: claims that only probe pods in a live cluster can prove.

What the pods saw is among the facts of a deep look; how pairs and packet filter rules are read is in probe_facts.py.
"""

from __future__ import annotations

from typing import Any

from labctl.checks.model import At, Check
from labctl.checks.probe_facts import (
    compare_pairs,
    expected_pairs,
    observe_hosts,
    observe_pods,
    pairs_fix,
    probes_of,
    rules_against,
    show_pairs,
)
from labctl.facts import Facts
from labctl.facts.probes import pod_name

SOURCE = "Part 3, networking model"
_MODEL = "“Pods on a node can communicate with all pods on all nodes without NAT”"
_AGENTS = "“Agents on a node (e.g. system daemons, kubelet) can communicate with all pods on that node”"
_HOST = "“Pods in the host network of a node can communicate with all pods on all nodes without NAT.”"
_PODS_DROP = "sudo iptables -I FORWARD -s PODNETWORK -j DROP (on a node)"


def observe_agents(facts: Facts, at: At) -> dict[str, Any]:
    """Whether the node itself reached its own probe pod."""
    name = at.node.name
    probes = probes_of(facts, name)
    failure = probes.node_to_pod.failure
    if not failure and probes.node_to_pod.answered != pod_name(name):
        failure = f"{probes.node_to_pod.answered} answered instead"
    if not failure:
        return {"reached": True}
    against = rules_against(facts, at, [({at.node.ip}, probes.address)])
    return {"reached": False, "reason": failure, **({"dropped by": against} if against else {})}


def compare_agents(_expected: object, actual: dict[str, Any]) -> str | None:
    """Why the pod was not reached."""
    return None if actual["reached"] else f"the node does not reach its own probe pod: {actual['reason']}"


def observe_dns(facts: Facts, at: At) -> dict[str, Any]:
    """What the pod's lookup came to."""
    dns = probes_of(facts, at.node.name).dns
    if dns.failure:
        return {"address": None, "server": None, "reason": dns.failure}
    return {"address": ", ".join(dns.addresses), "server": dns.server}


def compare_dns(expected: dict[str, Any], actual: dict[str, Any]) -> str | None:
    """Another answer, another server, or none at all."""
    if "reason" in actual:
        return f"the name does not resolve: {actual['reason']}"
    parts = [f"{key} is {actual[key]}, not {expected[key]}" for key in expected if actual[key] != expected[key]]
    return "; ".join(parts) or None


POD_TO_POD = Check(
    id="network.pod-to-pod",
    scope="lab",
    title="pods reach all pods on all nodes without NAT",
    source=SOURCE,
    command="kubectl exec PROBE -- wget -qO- http://PEER:8080",
    shown=_MODEL,
    judged="for every ordered pair of nodes the peer was reached and saw the sender's own pod address",
    breaks=_PODS_DROP,
    fix=pairs_fix,
    expect=expected_pairs,
    observe=observe_pods,
    compare=compare_pairs,
    show=show_pairs,
    needs_probe_pods=True,
)
NODE_TO_POD = Check(
    id="network.node-to-pod",
    scope="node",
    title="agents on a node reach all pods on that node",
    source=SOURCE,
    command="curl http://PODIP:8080 (on {node})",
    shown=_AGENTS,
    judged="the node itself reaches its own probe pod",
    breaks="sudo iptables -I OUTPUT -d PODNETWORK -j DROP (on the node)",
    fix=pairs_fix,
    expect=lambda _: {"reached": True},
    observe=observe_agents,
    compare=compare_agents,
    needs_probe_pods=True,
)
HOST_POD_TO_POD = Check(
    id="network.host-pod-to-pod",
    scope="lab",
    title="pods in the host network reach all pods on all nodes without NAT",
    source=SOURCE,
    command="kubectl exec HOST-PROBE -- wget -qO- http://PEER:8080",
    shown=_HOST,
    judged="for every ordered pair the peer was reached and saw the sender's node address, or that of its bridge",
    breaks="sudo iptables -I FORWARD -d PODNETWORK -j DROP (on a node)",
    fix=pairs_fix,
    expect=expected_pairs,
    observe=observe_hosts,
    compare=compare_pairs,
    show=show_pairs,
    needs_probe_pods=True,
)
DNS = Check(
    id="dns.resolves",
    scope="node",
    title="DNS works from a pod on the node",
    source="Part 3, CoreDNS",
    command="kubectl exec PROBE -- nslookup kubernetes.default.svc.cluster.local",
    shown="“Two pods are running to serve dns requests.”",
    judged="kubernetes.default.svc.cluster.local resolves to the service network's first address through its tenth",
    breaks="kubectl -n kube-system scale deployment coredns --replicas=0",
    fix="kubectl -n kube-system rollout restart deployment coredns",
    expect=lambda at: {"address": at.plan.network.api_service_ip, "server": at.plan.network.dns_ip},
    observe=observe_dns,
    compare=compare_dns,
    needs_probe_pods=True,
)

CHECKS = (POD_TO_POD, NODE_TO_POD, HOST_POD_TO_POD, DNS)
