"""Selection, other plans, the live road, causes, and that nothing a lab says can make judging fail."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
import recording_edits as e

from labctl.checks import CheckReport, Outcome, Ref
from labctl.checks.judge import judge
from labctl.checks.recorded import plan_of
from labctl.errors import ToolError, UsageError
from labctl.facts import Facts, Unavailable
from labctl.plan import LabPlan, NodePlan, default_plan

COUNTS = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)
KUBECTL = "nodes/k8s-master/kubectl-non-root.txt"


def judged(files: e.Files, **how: Any) -> CheckReport:
    facts = Facts.from_files(files, how.pop("source", "recording"))
    return judge(how.pop("plan", None) or plan_of(files, facts), facts, **how)


def broken(report: CheckReport) -> dict[Ref, Ref | None]:
    return {r.ref: r.because for r in report.results if r.outcome in (Outcome.FAIL, Outcome.ERROR)}


def test_only_and_skip_leave_the_other_claims_as_skipped() -> None:
    report = judged(e.load("healthy"), only=("nodes.*", "coredns.pods"), skip=("nodes.os",))
    looked_at = {r.check.id for r in report.results if r.outcome is not Outcome.SKIP}
    assert looked_at == {
        "nodes.members",
        "nodes.ready",
        "nodes.roles",
        "nodes.version",
        "nodes.runtime",
        "coredns.pods",
    }
    assert report.of("nodes.os", "node-1").why == "left out by --skip nodes.os"
    assert report.of("kubelet.service", "node-1").why == "left out by --only"


def test_a_cause_that_is_not_looked_at_is_not_named() -> None:
    report = judged(e.load("kubelet-stopped-on-node-2"), skip=("kubelet.service",))
    assert report.of("kube-proxy.daemonset").because == ("nodes.ready", "node-2")
    assert report.of("nodes.ready", "node-2").because is None


def test_a_glob_without_a_claim_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="no claim matches kubelett"):
        judged(e.load("healthy"), only=("kubelett.*",))


def five_nodes() -> LabPlan:
    plan = default_plan("v1.20.2")
    return replace(plan, name="five", nodes=(*plan.nodes, NodePlan("node-4", "worker", "192.168.50.14", 1, 1536)))


def test_a_lab_of_five_nodes_expects_five_and_says_what_the_tutorial_shows() -> None:
    files = e.load("healthy")
    for name in ("kube-proxy", "weave-net"):
        for count in COUNTS:
            e.item(e.DAEMON_SETS, name, e.put(f"status.{count}", 5))(files)
    files["plan.json"] = json.dumps(five_nodes().to_json()).encode()
    report = judged(files)
    assert report.lab == "five"
    result = report.of("kube-proxy.daemonset")
    assert result.outcome is Outcome.PASS
    assert result.expected["desired"] == 5
    assert result.why == "this lab has 5 nodes, the tutorial shows 4"
    assert report.of("nodes.ready", "node-4").because == ("nodes.members", "lab")


def test_a_joined_node_too_many_is_told_once() -> None:
    files = e.load("healthy")
    e.copied(e.NODES, "node-3", "node-4", e.put("status.addresses.0.address", "192.168.50.14"))(files)
    for name in ("kube-proxy", "weave-net"):
        e.copied(
            e.PODS,
            f"{name}-",
            f"{name}-zzzzz",
            lambda p: (p["spec"].update(nodeName="node-4"), p["status"].update(podIP="192.168.50.14")),
        )(files)
        for count in COUNTS:
            e.item(e.DAEMON_SETS, name, e.put(f"status.{count}", 5))(files)
    bad = broken(judged(files))
    members = Ref("nodes.members", "lab")
    assert bad.pop(members) is None
    assert set(bad) == {
        Ref(f"{name}.{what}", "lab")
        for name in ("kube-proxy", "weave-net")
        for what in ("pods", "placement", "daemonset")
    }
    assert set(bad.values()) == {members}


def test_a_node_that_left_is_told_once() -> None:
    files = e.load("healthy")
    e.without(e.NODES, "node-3")(files)
    for name in ("kube-proxy", "weave-net"):
        e.without(e.PODS, f"{name}-", "node-3")(files)
        for count in COUNTS:
            e.item(e.DAEMON_SETS, name, e.put(f"status.{count}", 3))(files)
    report = judged(files)
    bad = broken(report)
    assert bad.pop(Ref("nodes.members", "lab")) is None
    assert set(bad.values()) == {("nodes.members", "lab")}
    assert "node-3 is missing" in report.of("nodes.members").why


def live() -> e.Files:
    files = e.load("healthy")
    files[KUBECTL] = b"exit 0\nNAME STATUS\n"
    return files


def test_a_live_look_judges_kubectl_and_leaves_the_probe_pods_out() -> None:
    files = live()
    report = judged(files, source="live", plan=default_plan("v1.20.2"))
    assert report.of("kubectl.non-root").outcome is Outcome.PASS
    assert "probe pods" in report.of("dns.resolves", "node-1").why
    files[KUBECTL] = b"exit 127\nsh: kubectl: not found\n"
    result = judged(files, source="live", plan=default_plan("v1.20.2")).of("kubectl.non-root")
    assert result.outcome is Outcome.FAIL
    assert result.why.endswith("127: sh: kubectl: not found")
    files[KUBECTL] = b"what\n"
    assert judged(files, source="live").of("kubectl.non-root").outcome is Outcome.ERROR


def test_an_unreachable_api_is_one_cause() -> None:
    files = live()
    for key in [key for key in files if key.startswith("api/")]:
        files[key] = Unavailable("https://192.168.50.10:6443 does not answer: timed out")
    report = judged(files, source="live", plan=default_plan("v1.20.2"))
    bad = broken(report)
    assert bad.pop(Ref("nodes.members", "lab")) is None
    assert set(bad.values()) == {("nodes.members", "lab")}
    assert report.exit_code() == 4
    assert report.of("kubelet.service", "node-1").outcome is Outcome.PASS


def test_an_api_that_is_down_because_docker_is_stopped_on_the_master() -> None:
    files = live()
    for key in [key for key in files if key.startswith("api/")]:
        files[key] = Unavailable("https://192.168.50.10:6443 does not answer: connection refused")
    e.text(e.show("k8s-master", "docker"), "ActiveState=active", "ActiveState=inactive")(files)
    files[KUBECTL] = b"exit 1\nThe connection to the server 192.168.50.10:6443 was refused\n"
    bad = broken(judged(files, source="live", plan=default_plan("v1.20.2")))
    cause = Ref("docker.service", "k8s-master")
    assert bad.pop(cause) is None
    assert set(bad.values()) == {cause}
    assert Ref("kubectl.non-root", "lab") in bad


def test_an_unreachable_node_is_one_cause() -> None:
    files = live()
    for key in [key for key in files if key.startswith("nodes/node-2/")]:
        files[key] = Unavailable("node-2 does not answer over SSH: timed out")
    bad = broken(judged(files, source="live", plan=default_plan("v1.20.2")))
    assert len(bad) == 7
    assert bad.pop(Ref("kubelet.service", "node-2")) is None
    assert set(bad.values()) == {("kubelet.service", "node-2")}


def test_a_lab_without_weave_net_is_not_ready_because_of_it() -> None:
    files = e.load("healthy")
    for node in ("k8s-master", "node-1", "node-2", "node-3"):
        e.item(
            e.NODES,
            node,
            lambda n: n["status"]["conditions"][4].update(
                status="False", message="runtime network not ready: cni config uninitialized"
            ),
        )(files)
        e.without(e.PODS, "weave-net-")(files)
    e.without(e.DAEMON_SETS, "weave-net")(files)
    bad = broken(judged(files))
    assert bad.pop(Ref("weave-net.daemonset", "lab")) is None
    assert set(bad.values()) == {("weave-net.daemonset", "lab")}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"name": 5}', b"\xff", b'{"nodes": [{}]}'],
)
def test_a_plan_that_is_none_is_an_error(content: bytes) -> None:
    files = e.load("healthy")
    files["plan.json"] = content
    with pytest.raises(ToolError, match=r"plan"):
        judged(files)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("nodes.1.ip", "not an address"),
        ("nodes.1.ip", 5),
        ("nodes.1.name", "k8s-master"),
        ("nodes.1.role", "control-plane"),
        ("nodes", []),
        ("network.service_cidr", "10.96.0.0"),
        ("bundle.versions.kubernetes", None),
    ],
)
def test_a_plan_with_wrong_values_is_an_error(path: str, value: object) -> None:
    plan = json.loads(json.dumps(default_plan().to_json()))
    e.put(path, value)(plan)
    files = e.load("healthy")
    files["plan.json"] = json.dumps(plan).encode()
    with pytest.raises(ToolError, match=r"plan"):
        judged(files)


ODD = (None, True, -1, 10**30, 1e308, "", "x", "\ud800\x1b[2J", [], [None], {}, {"a": []}, [[["deep"]]])


def spoil(value: Any, chance: random.Random) -> Any:
    """A JSON value with about one in fifty of its parts replaced by something odd."""
    if chance.random() < 0.02:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: spoil(each, chance) for key, each in value.items()}
    return [spoil(each, chance) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(40))
def test_nothing_a_lab_says_makes_judging_fail(seed: int) -> None:
    chance = random.Random(seed)
    files = e.load("healthy")
    for key, content in files.items():
        if key.endswith(".json") and chance.random() < 0.6:
            files[key] = json.dumps(spoil(json.loads(content), chance)).encode()
        elif chance.random() < 0.3:
            files[key] = content[: chance.randrange(len(content))] + chance.randbytes(chance.randrange(20))
    report = judged(files)
    assert len(report.results) == 78
    json.dumps([(r.expected, r.actual, r.why, r.fix) for r in report.results])
