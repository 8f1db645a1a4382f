"""One-change cases about CoreDNS."""

from __future__ import annotations

import recording_edits as e
from mutation_case import Case

CASES = (
    Case(
        "a CoreDNS pod is gone",
        e.without(e.PODS, "coredns-"),
        ("FAIL coredns.pods", "FAIL coredns.endpoints <- coredns.pods"),
    ),
    Case(
        "a third CoreDNS pod",
        e.copied(e.PODS, "coredns-", "coredns-79f557f989-zzzzz", e.put("status.podIP", "10.44.0.9")),
        ("FAIL coredns.pods", "FAIL coredns.endpoints <- coredns.pods"),
    ),
    Case(
        "a CoreDNS pod is not ready",
        e.pod("coredns-", None, e.put("status.containerStatuses.0.ready", False)),
        ("FAIL coredns.pods",),
    ),
    Case(
        "a CoreDNS pod of nobody",
        e.pod("coredns-", None, e.put("metadata.ownerReferences", [])),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "a replica set of nobody",
        e.item(e.REPLICA_SETS, "coredns-", e.take("metadata.ownerReferences")),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "a replica set under another hash",
        e.both(e.text(e.REPLICA_SETS, "79f557f989", "558bd4d5db"), e.text(e.PODS, "79f557f989", "558bd4d5db")),
    ),
    Case("the replica sets are refused", e.refuse(e.REPLICA_SETS), ("ERROR coredns.deployment",)),
    Case(
        "CoreDNS scaled to 3", e.item(e.DEPLOYMENTS, "coredns", e.put("spec.replicas", 3)), ("FAIL coredns.deployment",)
    ),
    Case(
        "one replica ready",
        e.item(e.DEPLOYMENTS, "coredns", e.put("status.readyReplicas", 1)),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "one replica up to date",
        e.item(e.DEPLOYMENTS, "coredns", e.put("status.updatedReplicas", 1)),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "none available",
        e.item(e.DEPLOYMENTS, "coredns", e.take("status.availableReplicas")),
        ("FAIL coredns.deployment",),
    ),
    Case("no Deployment coredns", e.without(e.DEPLOYMENTS, "coredns"), ("FAIL coredns.deployment",)),
    Case("the Deployments are cut off", e.cut(e.DEPLOYMENTS), ("ERROR coredns.deployment",)),
    Case(
        "another cluster address",
        e.item(e.SERVICES, "kube-dns", e.put("spec.clusterIP", "10.96.0.53")),
        ("FAIL coredns.service",),
    ),
    Case(
        "a headless service", e.item(e.SERVICES, "kube-dns", e.put("spec.clusterIP", "None")), ("FAIL coredns.service",)
    ),
    Case("a NodePort", e.item(e.SERVICES, "kube-dns", e.put("spec.type", "NodePort")), ("FAIL coredns.service",)),
    Case(
        "an external address",
        e.item(e.SERVICES, "kube-dns", e.put("spec.externalIPs", ["192.168.50.10"])),
        ("FAIL coredns.service",),
    ),
    Case(
        "a balanced address",
        e.item(e.SERVICES, "kube-dns", e.put("status.loadBalancer", {"ingress": [{"ip": "192.168.50.99"}]})),
        ("FAIL coredns.service",),
    ),
    Case("another port", e.item(e.SERVICES, "kube-dns", e.put("spec.ports.2.port", 9154)), ("FAIL coredns.service",)),
    Case(
        "another protocol",
        e.item(e.SERVICES, "kube-dns", e.put("spec.ports.0.protocol", "TCP")),
        ("FAIL coredns.service",),
    ),
    Case("a port is missing", e.item(e.SERVICES, "kube-dns", e.take("spec.ports.2")), ("FAIL coredns.service",)),
    Case(
        "another selector",
        e.item(e.SERVICES, "kube-dns", e.put("spec.selector", {"k8s-app": "other"})),
        ("FAIL coredns.endpoints",),
    ),
    Case(
        "kube-dns deleted",
        e.both(e.without(e.SERVICES, "kube-dns"), e.without(e.ENDPOINTS, "kube-dns")),
        (
            "FAIL coredns.service",
            "FAIL coredns.endpoints <- coredns.service",
            "FAIL services.only-kube-dns <- coredns.service",
        ),
    ),
    Case("a second service", e.copied(e.SERVICES, "kube-dns", "metrics"), ("FAIL services.only-kube-dns",)),
    Case(
        "the services are refused",
        e.refuse(e.SERVICES),
        ("ERROR coredns.service", "ERROR services.only-kube-dns <- coredns.service"),
    ),
    Case(
        "the endpoints lack a pod",
        e.item(e.ENDPOINTS, "kube-dns", e.take("subsets.0.addresses.1")),
        ("FAIL coredns.endpoints",),
    ),
    Case(
        "the endpoints name a stranger",
        e.item(e.ENDPOINTS, "kube-dns", e.put("subsets.0.addresses.1.ip", "10.44.0.77")),
        ("FAIL coredns.endpoints",),
    ),
    Case(
        "an endpoint is not ready",
        e.item(
            e.ENDPOINTS,
            "kube-dns",
            lambda s: s["subsets"][0].update(notReadyAddresses=[s["subsets"][0]["addresses"].pop()]),
        ),
        ("FAIL coredns.endpoints",),
    ),
    Case(
        "the endpoints' port",
        e.item(e.ENDPOINTS, "kube-dns", e.put("subsets.0.ports.0.port", 5353)),
        ("FAIL coredns.endpoints",),
    ),
    Case(
        "a CoreDNS pod at another address",
        e.pod("coredns-", None, e.put("status.podIP", "10.44.0.66")),
        ("FAIL coredns.endpoints",),
    ),
    Case("no endpoints", e.without(e.ENDPOINTS, "kube-dns"), ("FAIL coredns.endpoints",)),
    Case("the endpoints are cut off", e.cut(e.ENDPOINTS), ("ERROR coredns.endpoints",)),
    Case(
        "the endpoints hold something else",
        e.item(e.ENDPOINTS, "kube-dns", e.put("subsets", {"a": 1})),
        ("ERROR coredns.endpoints",),
    ),
    Case(
        "a CoreDNS pod is being deleted",
        e.pod("coredns-", None, e.BEING_DELETED),
        ("FAIL coredns.pods", "FAIL coredns.endpoints <- coredns.pods"),
    ),
    Case(
        "a third CoreDNS pod that is being deleted",
        e.copied(e.PODS, "coredns-", "coredns-79f557f989-zzzzz", e.BEING_DELETED),
    ),
    Case("an older replica set", e.copied(e.REPLICA_SETS, "coredns-", "coredns-74ff55c5b", e.put("spec.replicas", 0))),
    Case(
        "a replica set that the Deployment does not control",
        e.item(e.REPLICA_SETS, "coredns-", e.put("metadata.ownerReferences.0.controller", False)),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "a CoreDNS pod of an earlier replica set",
        e.pod("coredns-", None, e.put("metadata.ownerReferences.0.uid", "other")),
        ("FAIL coredns.deployment",),
    ),
    Case(
        "CoreDNS is not ready, as all lists say",
        e.both(
            e.pod("coredns-", None, e.put("status.containerStatuses.0.ready", False)),
            e.item(e.DEPLOYMENTS, "coredns", lambda d: d["status"].update(readyReplicas=1, availableReplicas=1)),
            e.item(
                e.ENDPOINTS,
                "kube-dns",
                lambda s: s["subsets"][0].update(notReadyAddresses=[s["subsets"][0]["addresses"].pop()]),
            ),
        ),
        ("FAIL coredns.pods", "FAIL coredns.deployment <- coredns.pods", "FAIL coredns.endpoints <- coredns.pods"),
    ),
    Case(
        "one more port",
        e.item(e.SERVICES, "kube-dns", lambda s: s["spec"]["ports"].append({"port": 853, "protocol": "TCP"})),
        ("FAIL coredns.service",),
    ),
    Case(
        "a node port", e.item(e.SERVICES, "kube-dns", e.put("spec.ports.0.nodePort", 30053)), ("FAIL coredns.service",)
    ),
    Case("ports in another order", e.item(e.SERVICES, "kube-dns", lambda s: s["spec"]["ports"].reverse())),
    Case("another target port", e.item(e.SERVICES, "kube-dns", e.put("spec.ports.0.targetPort", 5353))),
    Case("no ports' protocol", e.item(e.SERVICES, "kube-dns", e.take("spec.ports.1.protocol"))),
    Case(
        "addresses in two subsets",
        e.item(
            e.ENDPOINTS,
            "kube-dns",
            lambda s: s.update(
                subsets=[
                    {"addresses": s["subsets"][0]["addresses"], "ports": s["subsets"][0]["ports"][:2]},
                    {"addresses": s["subsets"][0]["addresses"], "ports": s["subsets"][0]["ports"][2:]},
                ]
            ),
        ),
    ),
    Case(
        "a third address that is not ready",
        e.item(e.ENDPOINTS, "kube-dns", lambda s: s["subsets"][0].update(notReadyAddresses=[{"ip": "10.44.0.7"}])),
    ),
    Case(
        "an endpoint without address",
        e.item(e.ENDPOINTS, "kube-dns", e.take("subsets.0.addresses.0.ip")),
        ("ERROR coredns.endpoints",),
    ),
    Case(
        "kube-dns under another name",
        e.item(e.SERVICES, "kube-dns", e.put("metadata.name", "dns")),
        ("FAIL coredns.service", "FAIL services.only-kube-dns"),
    ),
)
