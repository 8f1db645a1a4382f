"""Part 3 of the tutorial, CoreDNS: its two pods, their Deployment, and the service in front of them."""

from __future__ import annotations

from typing import Any

from labctl.checks.compare import differences, list_differences, one_line
from labctl.checks.daemon_pods import compare_counts, pod_counts, pod_rows
from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObserved
from labctl.facts.model import SERVICES
from labctl.facts.objects import KubeObject, Pod, Service

SOURCE = "Part 3, CoreDNS"
GET_SERVICE = "kubectl get service -n kube-system"
REPLICAS = 2
SCALE = f"kubectl -n kube-system scale deployment coredns --replicas={REPLICAS}"
ADDON = "labctl ssh {master} -- sudo kubeadm init phase addon coredns"
PORTS = ["53/UDP", "53/TCP", "9153/TCP"]
SERVICE_NAME = "kube-dns"


def pods(facts: Facts) -> list[Pod]:
    """CoreDNS's pods by name."""
    return [pod for pod in facts.pods() if pod.name.startswith("coredns-")]


PODS = Check(
    id="coredns.pods",
    scope="lab",
    title="two CoreDNS pods run",
    source=SOURCE,
    command="kubectl get pods -n kube-system |grep dns",
    shown="coredns-558bd4d5db-8t95j   1/1   Running\ncoredns-558bd4d5db-mtq96   1/1   Running",
    judged="exactly two pods, all containers ready, phase Running; pods being deleted do not count",
    breaks="kubectl -n kube-system scale deployment coredns --replicas=1",
    fix="kubectl -n kube-system rollout restart deployment coredns",
    expect=lambda _: {"1/1 Running": REPLICAS},
    observe=lambda facts, _: pod_counts(pods(facts)),
    compare=compare_counts,
    show=lambda actual: pod_rows("coredns", actual),
)


def observe_deployment(facts: Facts, _at: At) -> dict[str, Any] | None:
    """The row of kubectl get deployments, and pods that it does not own through a replica set."""
    found = [each for each in facts.deployments() if each.name == "coredns"]
    if not found:
        return None
    owned = [each for each in facts.replica_sets() if each.controlled_by("Deployment", found[0])]
    strangers = [pod.name for pod in pods(facts) if not _owned(pod, owned)]
    row = {"ready": found[0].ready, "up-to-date": found[0].up_to_date, "available": found[0].available}
    return {**row, "pods it does not own": strangers}


def _owned(pod: Pod, replica_sets: list[KubeObject]) -> bool:
    return any(pod.controlled_by("ReplicaSet", each) for each in replica_sets)


def deployment_fix(_at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Scale what asks for another number; restart what does not come up; make what is missing."""
    if actual is None:
        return ADDON
    asked = str(actual["ready"]).partition("/")[2]
    return SCALE if asked != str(REPLICAS) else "kubectl -n kube-system rollout restart deployment coredns"


def deployment_row(actual: Any) -> str:  # noqa: ANN401 - expected or observed
    """A row of kubectl get deployments: READY UP-TO-DATE AVAILABLE."""
    if actual is None:
        return "no such Deployment"
    ready, up_to_date, available, strangers = actual.values()
    owned = f"   and pods that it does not own: {one_line(strangers)}" if strangers else ""
    return f"coredns   {ready}   {up_to_date}   {available}{owned}"


DEPLOYMENT = Check(
    id="coredns.deployment",
    scope="lab",
    title="a Deployment controls the CoreDNS pods",
    source=SOURCE,
    command="kubectl get deployments.apps -n kube-system",
    shown="NAME   READY   UP-TO-DATE   AVAILABLE\ncoredns   2/2   2   2",
    judged="READY 2/2, UP-TO-DATE 2, AVAILABLE 2, and it owns the pods through its replica set",
    breaks="kubectl -n kube-system scale deployment coredns --replicas=1",
    fix=deployment_fix,
    expect=lambda _: {
        "ready": f"{REPLICAS}/{REPLICAS}",
        "up-to-date": REPLICAS,
        "available": REPLICAS,
        "pods it does not own": [],
    },
    observe=observe_deployment,
    compare=lambda expected, actual: (
        "there is no Deployment coredns" if actual is None else differences(expected, actual)
    ),
    show=deployment_row,
)


def dns_service(facts: Facts) -> Service | None:
    """The service kube-dns; None if there is none."""
    return next((each for each in facts.services() if each.name == SERVICE_NAME), None)


def observe_service(facts: Facts, _at: At) -> dict[str, Any] | None:
    """The row of kubectl get service."""
    service = dns_service(facts)
    if service is None:
        return None
    return {
        "type": service.text("spec.type"),
        "cluster-ip": service.text("spec.clusterIP"),
        "external-ip": service.external_ips,
        "ports": sorted(service.ports, key=lambda port: PORTS.index(port) if port in PORTS else len(PORTS)),
    }


def service_row(actual: Any) -> str:  # noqa: ANN401 - expected or observed
    """A row of kubectl get service: TYPE CLUSTER-IP EXTERNAL-IP PORT(S)."""
    if actual is None:
        return "no such service"
    lists = (",".join(actual[key]) or "<none>" for key in ("external-ip", "ports"))
    return "   ".join((SERVICE_NAME, actual["type"], actual["cluster-ip"], *lists))


SERVICE = Check(
    id="coredns.service",
    scope="lab",
    title="the service kube-dns makes them available",
    source=SOURCE,
    command=GET_SERVICE,
    shown="NAME   TYPE   CLUSTER-IP   EXTERNAL-IP   PORT(S)\n"
    "kube-dns   ClusterIP   10.96.0.10   <none>   53/UDP,53/TCP,9153/TCP",
    judged="type ClusterIP, the tenth address of the service network, no external address, these three ports",
    breaks="kubectl -n kube-system delete service kube-dns",
    fix=ADDON,
    expect=lambda at: {
        "type": "ClusterIP",
        "cluster-ip": at.plan.network.dns_ip,
        "external-ip": [],
        "ports": list(PORTS),
    },
    observe=observe_service,
    compare=lambda expected, actual: (
        "there is no service kube-dns" if actual is None else differences(expected, actual)
    ),
    show=service_row,
)


def observe_endpoints(facts: Facts, _at: At) -> dict[str, Any] | None:
    """The service's ready addresses and ports, the pods' own addresses, and pods that its selector misses."""
    found = [each for each in facts.endpoints() if each.name == SERVICE_NAME]
    if not found:
        return None
    running = pods(facts)
    service = None if isinstance(facts.api[SERVICES], NotObserved) else dns_service(facts)
    selector = {} if service is None else service.mapping("spec.selector")
    return {
        "addresses": found[0].ready_ips,
        "ports": found[0].ports,
        "pods": sorted(pod.ip for pod in running),
        "pods not selected": [pod.name for pod in running if not selector.items() <= pod.labels.items()],
    }


def compare_endpoints(expected: dict[str, Any], actual: dict[str, Any] | None) -> str | None:
    """Two addresses, and they are the pods'."""
    if actual is None:
        return "the service kube-dns has no endpoints"
    parts = []
    if actual["addresses"] != actual["pods"]:
        parts.append(f"its addresses are not the pods' ({list_differences(actual['pods'], actual['addresses'])})")
    if len(actual["addresses"]) != expected["addresses"]:
        parts.append(f"it has {len(actual['addresses'])} ready addresses, not {expected['addresses']}")
    if actual["addresses"] and actual["ports"] != expected["ports"]:
        parts.append(f"its ports are {one_line(actual['ports'])}, not {one_line(expected['ports'])}")
    if actual["pods not selected"]:
        parts.append(f"the service does not select {one_line(actual['pods not selected'])}")
    return "; ".join(parts) or None


ENDPOINTS = Check(
    id="coredns.endpoints",
    scope="lab",
    title="the service reaches both CoreDNS pods",
    source=SOURCE,
    command="kubectl get endpoints kube-dns -n kube-system",
    shown='“It is made available to the cluster through the service named "kube-dns".”',
    judged="the ready addresses of the service's endpoints are the addresses of the two pods",
    breaks='kubectl -n kube-system patch service kube-dns -p \'{"spec":{"selector":{"k8s-app":"other"}}}\'',
    fix=ADDON,
    expect=lambda _: {"addresses": REPLICAS, "ports": sorted(PORTS), "pods not selected": []},
    observe=observe_endpoints,
    compare=compare_endpoints,
)


def services_fix(_at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Deletes what is too many; makes kube-dns again."""
    extra = [name for name in actual or [] if name != SERVICE_NAME]
    return f"kubectl -n kube-system delete service {' '.join(extra)}" if extra else ADDON


ONLY_SERVICE = Check(
    id="services.only-kube-dns",
    scope="lab",
    title="kube-dns is the only service of kube-system",
    source=SOURCE,
    command=GET_SERVICE,
    shown="NAME\nkube-dns",
    judged="the services of kube-system are exactly kube-dns",
    breaks="kubectl -n kube-system expose deployment coredns --name another --port 53",
    fix=services_fix,
    expect=lambda _: [SERVICE_NAME],
    observe=lambda facts, _: sorted(each.name for each in facts.services()),
    show=lambda actual: "\n".join(actual) or "no service",
)

CHECKS = (PODS, DEPLOYMENT, SERVICE, ENDPOINTS, ONLY_SERVICE)
