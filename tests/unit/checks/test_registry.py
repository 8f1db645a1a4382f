"""The registry holds the contract's claims, and each claim tells a learner everything."""

from __future__ import annotations

import pytest

from labctl.checks import CLAIMS, CLAIMS_BY_ID, Check
from labctl.checks.cause_rules import RULES
from labctl.checks.model import At
from labctl.plan import default_plan

# claims.md's table, in its order.
TABLE = [
    "nodes.members",
    "nodes.ready",
    "nodes.roles",
    "nodes.version",
    "nodes.os",
    "nodes.runtime",
    "control-plane.endpoint",
    "control-plane.etcd",
    "control-plane.kube-apiserver",
    "control-plane.kube-controller-manager",
    "control-plane.kube-scheduler",
    "kube-proxy.pods",
    "kube-proxy.placement",
    "kube-proxy.daemonset",
    "daemonsets.exactly-two",
    "kubelet.service",
    "kubelet.command-line",
    "docker.service",
    "docker.command-line",
    "docker.version",
    "docker.storage-driver",
    "docker.bridge",
    "coredns.pods",
    "coredns.deployment",
    "coredns.service",
    "coredns.endpoints",
    "services.only-kube-dns",
    "weave-net.pods",
    "weave-net.placement",
    "weave-net.daemonset",
    "weave-net.image",
    "kubectl.non-root",
    "network.pod-to-pod",
    "network.node-to-pod",
    "network.host-pod-to-pod",
    "dns.resolves",
]
PER_NODE = {
    *(f"nodes.{name}" for name in ("ready", "roles", "version", "os", "runtime")),
    "kubelet.service",
    "kubelet.command-line",
    *(f"docker.{name}" for name in ("service", "command-line", "version", "storage-driver", "bridge")),
    "network.node-to-pod",
    "dns.resolves",
}


def test_the_claims_are_the_tables_in_its_order() -> None:
    assert [check.id for check in CLAIMS] == TABLE
    assert {check.id for check in CLAIMS if check.scope == "node"} == PER_NODE
    assert list(CLAIMS_BY_ID) == TABLE


def test_rules_about_causes_name_claims_that_there_are() -> None:
    assert set(RULES) <= set(TABLE)


@pytest.mark.parametrize("check", CLAIMS, ids=lambda check: check.id)
def test_a_claim_explains_itself(check: Check) -> None:
    plan = default_plan()
    at = At(plan, plan.workers[0] if check.scope == "node" else None)
    for text in (check.title, check.source, check.typed(at), check.shown, check.judged, check.breaks):
        assert text.strip() == text
        assert text
    assert check.remedy(at, None).startswith(("labctl ", "kubectl "))
    assert "{" not in check.remedy(at, None)
    assert check.show(check.expect(at))
