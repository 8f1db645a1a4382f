"""Claims that need probe pods: one change at a time, addresses that count, rules that are named, and when they skip."""

from __future__ import annotations

import json
import shlex

import cases_network as n
import pytest
import recording_edits as e
from mutation_case import NODES, Case
from test_mutations import judged, lines

from labctl.checks import CheckResult, Outcome
from labctl.checks.judge import judge, wants_probe_pods
from labctl.checks.model import LAB
from labctl.errors import UsageError
from labctl.facts import Facts
from labctl.plan import default_plan

PROBE_CLAIMS = {"network.pod-to-pod", "network.node-to-pod", "network.host-pod-to-pod", "dns.resolves"}


def result_of(check: str, *edits: e.Edit, scope: str = LAB) -> CheckResult:
    files = n.probed(e.load("healthy"))
    for edit in edits:
        edit(files)
    return judged(files).of(check, scope)


@pytest.mark.parametrize("case", n.CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_one_change_breaks_exactly_its_claims(case: Case) -> None:
    files = n.probed(e.load("healthy"))
    baseline = {result.ref: result.outcome for result in judged(files).results}
    case.edit(files)
    assert sorted(lines(judged(files), baseline)) == sorted(case.changed)


def test_what_probe_pods_saw_is_judged_in_a_recording_too() -> None:
    report = judged(n.probed(e.load("healthy")))
    found = {r.check.id: r.outcome for r in report.results if r.check.id in PROBE_CLAIMS}
    assert found == dict.fromkeys(PROBE_CLAIMS, Outcome.PASS)
    assert report.of("network.pod-to-pod").actual == {"pairs reached without NAT": 16}


@pytest.mark.parametrize("source", ["live", "recording"])
def test_without_probe_pods_the_claims_are_skipped(source: str) -> None:
    report = judge(default_plan("v1.20.2"), Facts.from_files(e.load("healthy"), source))  # type: ignore[arg-type]
    skipped = {r.check.id for r in report.results if r.outcome is Outcome.SKIP}
    assert skipped >= PROBE_CLAIMS
    assert "probe pods" in report.of("network.pod-to-pod").why


def test_a_host_pod_may_be_seen_by_its_bridges_address_which_is_named() -> None:
    files = e.load("healthy")
    interfaces = json.loads(files[e.on("node-1", "ip-addr.json")])
    (bridge,) = [
        each["local"]
        for i in interfaces
        if i["ifname"] == "weave"
        for each in i["addr_info"]
        if each["family"] == "inet"
    ]
    result = result_of("network.host-pod-to-pod", n.change("node-1", "host-pod-to-pod.node-2.saw", bridge))
    assert result.outcome is Outcome.PASS
    assert result.actual["seen by its bridge's address"] == {"node-1": bridge}
    assert f"node-1 was seen as {bridge}" in result.check.show(result.actual)


def test_each_lost_pair_is_named_with_its_reason() -> None:
    seen = n.change("node-3", "pod-to-pod.k8s-master.saw", "192.168.50.13")
    result = result_of("network.pod-to-pod", n.lost("node-1", "node-2"), seen)
    assert result.actual["not reached"] == {
        "node-1 -> node-2": "timed out",
        "node-3 -> k8s-master": "the peer saw 192.168.50.13, not 10.38.0.9: NAT",
    }
    assert result.actual["pairs reached without NAT"] == 14
    assert "node-1 -> node-2: timed out" in result.why


def test_many_lost_pairs_are_counted() -> None:
    result = result_of("network.pod-to-pod", *(n.lost("node-1", peer) for peer in NODES), n.lost("node-2", "node-1"))
    assert "1 more" in result.why


@pytest.mark.parametrize("pair", [("node-1", "node-2"), ("node-2", "node-1")])
def test_the_rule_that_drops_is_named_and_the_fix_takes_it_out(pair: tuple[str, str]) -> None:
    """In both directions: an answer that is dropped loses the pair, too."""
    result = result_of("network.pod-to-pod", n.lost(*pair), n.change("node-1", "rules", [n.DROP]))
    assert result.fix == "labctl ssh node-1 -- sudo iptables -D FORWARD -s 10.40.0.0/16 -d 10.44.0.0/16 -j DROP"
    assert f"node-1 has the rule {n.DROP}" in result.why


@pytest.mark.parametrize(
    "rule",
    [
        "-A FORWARD -s 10.38.0.0/16 -j DROP",
        "-A FORWARD ! -s 10.40.0.0/16 -j DROP",
        "-A FORWARD -s nonsense -j DROP",
        "-A FORWARD -s",
        '-A FORWARD -m comment --comment "cut',
    ],
)
def test_a_rule_that_cannot_be_the_cause_is_not_named(rule: str) -> None:
    result = result_of("network.pod-to-pod", n.lost("node-1", "node-2"), n.change("node-2", "rules", [rule]))
    assert result.fix == "labctl up --from weave_net"


def test_rules_on_several_nodes_are_all_taken_out() -> None:
    rules = [n.change(node, "rules", [n.DROP]) for node in ("node-1", "node-2")]
    fix = result_of("network.pod-to-pod", n.lost("node-1", "node-2"), *rules).fix
    assert [part.split()[2] for part in fix.split(" && ")] == ["node-1", "node-2"]


def test_a_hostile_rule_stays_one_argument_of_the_fix() -> None:
    rule = "-A FORWARD -m comment --comment '; rm -rf /' -j DROP"
    fix = result_of("network.pod-to-pod", n.lost("node-1", "node-2"), n.change("node-1", "rules", [rule])).fix
    assert "; rm -rf /" in shlex.split(fix)


def test_a_node_that_does_not_reach_its_pod_names_the_rule() -> None:
    rule = "-A OUTPUT -d 10.44.0.0/16 -j REJECT"
    edits = (n.change("node-2", "node-to-pod", {"failed": "timed out"}), n.change("node-2", "rules", [rule]))
    result = result_of("network.node-to-pod", *edits, scope="node-2")
    assert result.fix == "labctl ssh node-2 -- sudo iptables -D OUTPUT -d 10.44.0.0/16 -j REJECT"


def test_probe_pods_are_wanted_unless_all_their_claims_are_left_out() -> None:
    assert wants_probe_pods()
    assert wants_probe_pods(only=["dns.*"])
    assert not wants_probe_pods(only=["nodes.*"])
    assert not wants_probe_pods(skip=["network.*", "dns.*"])
    with pytest.raises(UsageError):
        wants_probe_pods(only=["nothing"])
