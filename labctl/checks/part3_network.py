"""Part 3 of the tutorial, the networking model and DNS: claims that only probe pods in a live cluster can prove.

What the probe pods saw is not among the facts that a look collects, so these are told as SKIP with the reason.
"""

from __future__ import annotations

from typing import Any

from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObservedError

SOURCE = "Part 3, networking model"
_MODEL = "“Pods on a node can communicate with all pods on all nodes without NAT”"
_AGENTS = "“Agents on a node (e.g. system daemons, kubelet) can communicate with all pods on that node”"
_HOST = "“Pods in the host network of a node can communicate with all pods on all nodes without NAT.”"
_DROP = "sudo iptables -I FORWARD -s PODIP -j DROP (on a node)"


def observe_probes(_facts: Facts, at: At) -> Any:  # noqa: ANN401 - the shape that a check asks for
    """Raises NotObservedError: no look holds what probe pods saw."""
    raise NotObservedError(f"no probe pods ran on {at.scope}")


def pairs(at: At) -> dict[str, int]:
    """Every ordered pair of nodes, each with itself too."""
    return {"pairs reached without NAT": len(at.plan.nodes) ** 2}


POD_TO_POD = Check(
    id="network.pod-to-pod",
    scope="lab",
    title="pods reach all pods on all nodes without NAT",
    source=SOURCE,
    command="kubectl exec PROBE -- wget -qO- http://PEER:8080",
    shown=_MODEL,
    judged="for every ordered pair of nodes the peer was reached and saw the sender's own pod address",
    breaks=_DROP,
    fix="labctl up --from weave_net",
    expect=pairs,
    observe=observe_probes,
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
    breaks=_DROP,
    fix="labctl up --from weave_net",
    expect=lambda _: {"reached": True},
    observe=observe_probes,
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
    breaks=_DROP,
    fix="labctl up --from weave_net",
    expect=pairs,
    observe=observe_probes,
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
    observe=observe_probes,
    needs_probe_pods=True,
)

CHECKS = (POD_TO_POD, NODE_TO_POD, HOST_POD_TO_POD, DNS)
