"""The three claims that the tutorial makes of kube-proxy and of weave-net alike: pods, placement, DaemonSet.

The claims themselves, with the tutorial's words, stand in part3_kube_proxy.py and part3_weave_net.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.checks.compare import differences, one_line
from labctl.checks.model import At, Check
from labctl.facts import Facts
from labctl.facts.objects import Pod

GET_DAEMON_SETS = "kubectl get daemonsets -n kube-system"
TUTORIAL_NODES = 4


@dataclass(frozen=True)
class DaemonPods:
    """What differs between the two: name, READY of a pod, NODE SELECTOR, and texts."""

    name: str
    ready: str
    node_selector: str
    source: str
    shown_pods: str
    shown_placement: str
    step: str

    def pods(self, facts: Facts) -> list[Pod]:
        """Pods by name, as the tutorial's grep finds them."""
        return [pod for pod in facts.pods() if pod.name.startswith(f"{self.name}-")]

    def observe_pods(self, facts: Facts, _at: At) -> dict[str, int]:
        """READY and STATUS of the pods, counted."""
        return pod_counts(self.pods(facts))

    def observe_placement(self, facts: Facts, at: At) -> dict[str, list[str]]:
        """Addresses of the pods on each node; one outside the host network says so."""
        found: dict[str, list[str]] = {node.name: [] for node in at.plan.nodes}
        for pod in self.pods(facts):
            network = "" if pod.flag("spec.hostNetwork") else " outside the host network"
            found.setdefault(pod.node or "<none>", []).append((pod.ip or "<none>") + network)
        return found

    def observe_daemon_set(self, facts: Facts, _at: At) -> dict[str, Any] | None:
        """The row of kubectl get daemonsets, and pods that it does not own; None if it is not there."""
        found = [each for each in facts.daemon_sets() if each.name == self.name]
        if not found:
            return None
        strangers = [pod.name for pod in self.pods(facts) if not pod.controlled_by("DaemonSet", found[0])]
        return {**found[0].counts, "node selector": found[0].node_selector, "pods it does not own": strangers}

    def expect_daemon_set(self, at: At) -> dict[str, Any]:
        """One pod for each node of the plan."""
        counts = dict.fromkeys(("desired", "current", "ready", "up-to-date", "available"), len(at.plan.nodes))
        return {**counts, "node selector": self.node_selector, "pods it does not own": []}


def pod_counts(pods: list[Pod]) -> dict[str, int]:
    """How many pods have which READY and STATUS, for example {"1/1 Running": 4}."""
    return dict(Counter(f"{pod.ready} {pod.phase}".strip() for pod in pods))


def pod_rows(name: str, counts: Mapping[str, int]) -> str:
    """Rows of kubectl get pods from the counts; names end in letters that no two clusters share."""
    rows = (f"{name}-…   {'   '.join(state.split(' ', 1))}" for state, number in counts.items() for _ in range(number))
    return "\n".join(rows) or "no pods"


def placement_rows(name: str, actual: Mapping[str, list[str]]) -> str:
    """Rows of kubectl get pods -o wide: a pod, its address, its node."""
    rows = (f"{name}-…   {address}   {node}" for node, addresses in actual.items() for address in addresses)
    return "\n".join(rows) or "no pods"


def compare_counts(expected: dict[str, int], actual: dict[str, int]) -> str | None:
    """Pods by READY and STATUS in words."""
    if actual == expected:
        return None
    wanted = " and ".join(f"{number} pods {state}" for state, number in expected.items())
    found = " and ".join(f"{number} {state}" for state, number in actual.items()) or "none"
    return f"expected {wanted}, found {found}"


def compare_placement(expected: dict[str, list[str]], actual: dict[str, list[str]]) -> str | None:
    """Node by node in words."""
    parts = []
    for node in (*expected, *(each for each in actual if each not in expected)):
        wanted, found = expected.get(node, []), actual.get(node, [])
        if wanted != found:
            parts.append(f"{node} has {one_line(found)}, not {one_line(wanted)}")
    return "; ".join(parts) or None


def compare_daemon_set(expected: dict[str, Any], actual: dict[str, Any] | None) -> str | None:
    """The row, or that there is none."""
    return "there is no such DaemonSet" if actual is None else differences(expected, actual)


def row(actual: Any) -> str:  # noqa: ANN401 - what was observed
    """A row of kubectl get daemonsets: DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE-SELECTOR."""
    if not isinstance(actual, dict):
        return "nothing"
    *counts, selector, strangers = actual.values()
    columns = "   ".join(str(each) for each in (*counts, selector))
    return f"{columns}   and pods that it does not own: {one_line(strangers)}" if strangers else columns


def note(at: At) -> str:
    """Reminds that the tutorial's cluster had four nodes, where the lab has another number."""
    if len(at.plan.nodes) == TUTORIAL_NODES:
        return ""
    return f"this lab has {len(at.plan.nodes)} nodes, the tutorial shows {TUTORIAL_NODES}"


def pods_check(of: DaemonPods) -> Check:
    """The claim that as many pods run as there are nodes."""
    return Check(
        id=f"{of.name}.pods",
        scope="lab",
        title=f"a {of.name} pod runs for every node",
        source=of.source,
        command=f"kubectl get pods -n kube-system |grep {of.name}",
        shown=of.shown_pods,
        judged="as many pods as nodes, all containers ready, phase Running; pods being deleted do not count",
        breaks=f"kubectl -n kube-system set image daemonset/{of.name} '*=no-such-image'",
        fix=f"labctl up --from {of.step}",
        expect=lambda at: {f"{of.ready} Running": len(at.plan.nodes)},
        observe=of.observe_pods,
        compare=compare_counts,
        note=note,
        show=lambda actual: pod_rows(of.name, actual),
    )


def placement_check(of: DaemonPods) -> Check:
    """The claim that each node has one, in the host network."""
    return Check(
        id=f"{of.name}.placement",
        scope="lab",
        title=f"one {of.name} pod on each node, in the host network",
        source=of.source,
        command=f"kubectl get pods -n kube-system -o wide |grep {of.name}",
        shown=of.shown_placement,
        judged="exactly one pod on each node of the plan; its address is the node's",
        breaks="kubectl label a node and give the DaemonSet a nodeAffinity that keeps off it",
        fix=f"labctl up --from {of.step}",
        expect=lambda at: {node.name: [node.ip] for node in at.plan.nodes},
        observe=of.observe_placement,
        compare=compare_placement,
        note=note,
        show=lambda actual: placement_rows(of.name, actual),
    )


def daemon_set_check(of: DaemonPods) -> Check:
    """The claim that a DaemonSet controls the pods."""
    return Check(
        id=f"{of.name}.daemonset",
        scope="lab",
        title=f"a DaemonSet controls the {of.name} pods",
        source=of.source,
        command=GET_DAEMON_SETS,
        shown="NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR\n"
        f"{of.name}   4   4   4   4   4   {of.node_selector}",
        judged="desired, current, ready, up-to-date and available are the number of nodes, the node selector is as "
        "shown, and the pods are owned by it",
        breaks=f"kubectl -n kube-system delete daemonset {of.name}",
        fix=f"labctl up --from {of.step}",
        expect=of.expect_daemon_set,
        observe=of.observe_daemon_set,
        compare=compare_daemon_set,
        note=note,
        show=lambda actual: f"{of.name}   {row(actual)}" if actual else "no such DaemonSet",
    )
