"""The four recordings: what was done to each breaks exactly its claims, and each consequence names its cause."""

from __future__ import annotations

import pytest
import recording_edits as e

from labctl.checks import CheckReport, Outcome, Ref, judge_recording
from labctl.checks.registry import CLAIMS
from labctl.plan import default_plan

KUBELET = Ref("kubelet.service", "node-2")
DEPLOYMENT = Ref("coredns.deployment", "lab")
DAEMON_SET = Ref("weave-net.daemonset", "lab")
BROKEN: dict[str, dict[Ref, Ref | None]] = {
    "healthy": {},
    "kubelet-stopped-on-node-2": {
        Ref("nodes.ready", "node-2"): KUBELET,
        Ref("kube-proxy.daemonset", "lab"): KUBELET,
        KUBELET: None,
        Ref("kubelet.command-line", "node-2"): KUBELET,
        DEPLOYMENT: KUBELET,
        Ref("coredns.endpoints", "lab"): KUBELET,
        DAEMON_SET: KUBELET,
    },
    "coredns-one-replica": {
        Ref("coredns.pods", "lab"): DEPLOYMENT,
        DEPLOYMENT: None,
        Ref("coredns.endpoints", "lab"): DEPLOYMENT,
    },
    "weave-net-missing-on-node-3": {
        Ref("weave-net.pods", "lab"): DAEMON_SET,
        Ref("weave-net.placement", "lab"): DAEMON_SET,
        DAEMON_SET: None,
    },
}


def report(name: str) -> CheckReport:
    return judge_recording(e.RECORDINGS / f"{name}.tar.gz")


@pytest.mark.parametrize("name", BROKEN)
def test_a_recording_breaks_exactly_what_was_done_to_it(name: str) -> None:
    judged = report(name)
    bad = {r.ref: r.because for r in judged.results if r.outcome in (Outcome.FAIL, Outcome.ERROR)}
    assert bad == BROKEN[name]
    assert judged.exit_code() == (1 if BROKEN[name] else 0)


@pytest.mark.parametrize("name", BROKEN)
def test_every_claim_is_there_once_for_each_scope_in_the_tables_order(name: str) -> None:
    nodes = [node.name for node in default_plan().nodes]
    wanted = [(check.id, scope) for check in CLAIMS for scope in (nodes if check.scope == "node" else ["lab"])]
    assert [tuple(result.ref) for result in report(name).results] == wanted


def test_the_healthy_recording_drifts_where_the_tutorial_could_promise_nothing() -> None:
    judged = report("healthy")
    drifts = {result.check.id for result in judged.results if result.outcome is Outcome.DRIFT}
    assert drifts == {
        "nodes.version",
        "nodes.os",
        "nodes.runtime",
        "kubelet.command-line",
        "docker.version",
        "docker.bridge",
    }
    assert judged.of("weave-net.image").outcome is Outcome.PASS
    assert "6.18.44" in judged.of("nodes.os", "node-1").why
    assert judged.exit_code() == 0
    assert judged.exit_code(strict=True) == 1


def test_what_a_recording_does_not_hold_is_skipped_with_the_reason() -> None:
    skipped = {r.check.id: r.why for r in report("healthy").results if r.outcome is Outcome.SKIP}
    assert set(skipped) == {
        "kubectl.non-root",
        "network.pod-to-pod",
        "network.node-to-pod",
        "network.host-pod-to-pod",
        "dns.resolves",
    }
    assert all("live lab" in why for why in skipped.values())


def test_a_consequence_carries_the_causes_fix() -> None:
    judged = report("coredns-one-replica")
    fixes = {r.fix for r in judged.results if r.outcome is Outcome.FAIL}
    assert fixes == {"kubectl -n kube-system scale deployment coredns --replicas=2"}
    assert "follows from coredns.deployment" in judged.of("coredns.pods").why
