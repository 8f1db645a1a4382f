"""A deep look on a cluster in memory: what is made, what is seen, and that it goes again however the look ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labctl.adapters.survivors import process_started
from labctl.errors import ToolError
from labctl.facts import Facts, Unavailable
from labctl.plan import default_plan
from labctl.probe import Prober
from labctl.probe.namespace import NAMESPACES, remove_leftovers, this_process
from labctl.probe.objects import namespace
from tests.fake_objects import FakeObjects, Object, ProbingShell, running, waiting
from tests.fakes import recording

PLAN = default_plan("v1.20.2")
NODES = [node.name for node in PLAN.nodes]
IMAGE = "labctl.local/busybox:1.35.0"


class Bench:
    """A prober on fakes."""

    def __init__(self) -> None:
        self.objects, self.shell, self.cancelled = FakeObjects(), ProbingShell(), 0
        self.files = recording("healthy")
        self.seconds = 0.0

    def cancel(self) -> None:
        self.cancelled += 1

    def prober(self, image: Callable[[], str] = lambda: IMAGE) -> Prober:
        return Prober(PLAN, image, self.shell, lambda: self.objects, self.cancel, self.seconds)

    def facts(self) -> Facts:
        return Facts.from_files(self.files, "live")

    def probe(self, **how: Any) -> dict[str, Any]:
        """Node -> its network.json, or the reason why there is none."""
        files = self.prober(**how).probe(self.facts())
        return {
            key.split("/")[1]: content.reason if isinstance(content, Unavailable) else json.loads(content)
            for key, content in files.items()
        }


@pytest.fixture
def bench() -> Bench:
    return Bench()


def made(bench: Bench, what: str) -> list[str]:
    return [line.rpartition("/")[2] for line in bench.objects.log if line.startswith("made") and f"/{what}/" in line]


def test_two_pods_on_every_node_and_nothing_left(bench: Bench) -> None:
    seen = bench.probe()
    assert sorted(made(bench, "pods")) == sorted(f"{kind}-{node}" for kind in ("pod", "host") for node in NODES)
    assert bench.objects.objects == {}
    assert sorted(bench.shell.asked) == sorted(NODES)
    assert seen["node-1"]["pod-to-pod"]["node-3"] == {"answered": "pod-node-3", "saw": seen["node-1"]["address"]}
    assert seen["node-1"]["dns"] == {"server": "10.96.0.10", "addresses": ["10.96.0.1"]}


def test_a_round_becomes_facts_that_hold_every_claim(bench: Bench) -> None:
    facts = bench.facts()
    probed = facts.with_probes(bench.prober().probe(facts))
    assert not facts.probed
    assert probed.probed
    assert {name: machine.units for name, machine in probed.machines.items()} == {
        name: machine.units for name, machine in facts.machines.items()
    }
    assert len(probed.machine("node-2").probes.pod_to_pod) == 4  # type: ignore[union-attr]


def test_pods_are_placed_pull_nothing_and_end_by_themselves(bench: Bench) -> None:
    kept: list[Object] = []
    bench.objects.status = lambda pod: kept.append(pod) or running(pod, "10.32.0.9")  # type: ignore[func-returns-value]
    bench.probe()
    for pod in kept:
        spec = pod["spec"]
        assert pod["metadata"]["name"].endswith(spec["nodeName"])
        assert spec["containers"][0]["image"] == IMAGE
        assert spec["containers"][0]["imagePullPolicy"] == "Never"
        assert spec["automountServiceAccountToken"] is False
        assert spec["activeDeadlineSeconds"] > 0
        assert spec["terminationGracePeriodSeconds"] == 0
        assert spec["tolerations"] == [{"operator": "Exists"}]
        assert spec.get("hostNetwork", False) is pod["metadata"]["name"].startswith("host-")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("Namespace", "denied by a webhook"), ("ServiceAccount", "forbidden"), ("Pod", "exceeded quota")],
)
def test_what_the_server_refuses_is_the_reason_and_nothing_is_left(bench: Bench, kind: str, reason: str) -> None:
    bench.objects.refuse = lambda _, document: reason if document.get("kind") == kind else ""
    seen = bench.probe()
    assert set(seen) == set(NODES)
    assert all(reason in each for each in seen.values())
    assert bench.objects.objects == {}


def test_a_refused_removal_is_told(bench: Bench) -> None:
    bench.objects.refuse = lambda _, document: "" if document else "no"
    assert all("refused to delete" in each for each in bench.probe().values())


def test_an_api_that_does_not_answer_is_the_reason(bench: Bench) -> None:
    def broken() -> FakeObjects:
        raise ToolError("the API server does not answer")

    files = Prober(PLAN, lambda: IMAGE, bench.shell, broken, bench.cancel).probe(bench.facts())
    assert {content.reason for content in files.values() if isinstance(content, Unavailable)} == {
        "the network was not probed: the API server does not answer"
    }


def test_a_bundle_without_the_image_is_the_reason(bench: Bench) -> None:
    def no_image() -> str:
        raise ToolError("the bundle holds no image busybox")

    assert "holds no image busybox" in bench.probe(image=no_image)["node-1"]
    assert bench.objects.log == []


def test_a_pod_that_never_starts_costs_its_node_alone(bench: Bench) -> None:
    def status(pod: Object) -> Object:
        if pod["metadata"]["name"] == "host-node-2":
            return waiting("ErrImageNeverPull", "it is not present with pull policy of Never")
        return running(pod, "10.32.0.9")

    bench.objects.status, bench.seconds = status, 30
    seen = bench.probe()
    assert seen["node-2"].startswith("host-node-2 does not start: ErrImageNeverPull: it is not present")
    assert set(seen["node-1"]["pod-to-pod"]) == {"k8s-master", "node-1", "node-3"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            {"phase": "Failed", "reason": "OutOfpods", "message": "too many"},
            "pod-k8s-master has ended: OutOfpods too many",
        ),
        ({"phase": "Pending"}, "the probe pods on k8s-master did not start within 0 s: no CNI configuration"),
        ({"phase": 7}, "status.phase is a number, not a text"),
    ],
)
def test_why_a_pod_does_not_run(bench: Bench, status: Object, reason: str) -> None:
    event = {"kind": "Event", "metadata": {"name": "e1"}, "message": "no CNI configuration"}

    def started(pod: Object) -> Object:
        spaces = [place for place in bench.objects.objects if place.count("/") == 4]
        bench.objects.objects[f"{spaces[0]}/events/e1"] = event
        return status

    bench.objects.status = started
    assert bench.probe()["k8s-master"] == reason


@pytest.mark.parametrize("unit", ["kubelet.service", "docker.service"])
def test_nobody_waits_for_a_node_whose_services_are_stopped(bench: Bench, unit: str) -> None:
    key = f"nodes/node-3/systemctl-show-{unit}.txt"
    bench.files[key] = bench.files[key].replace(b"ActiveState=active", b"ActiveState=inactive")
    seen = bench.probe()
    assert seen["node-3"] == f"no probe pod can run on node-3: {unit} is inactive"
    assert "pod-node-3" not in made(bench, "pods")
    assert set(seen["node-1"]["pod-to-pod"]) == {"k8s-master", "node-1", "node-2"}


def test_a_node_that_is_not_ready_runs_none(bench: Bench) -> None:
    nodes = json.loads(bench.files["api/api_v1_nodes.json"])
    nodes["items"] = [each for each in nodes["items"] if each["metadata"]["name"] != "node-1"]
    bench.files["api/api_v1_nodes.json"] = json.dumps(nodes).encode()
    assert bench.probe()["node-1"] == "no probe pod can run on node-1: it is not in the cluster"


def test_without_a_list_of_nodes_nothing_is_made(bench: Bench) -> None:
    bench.files["api/api_v1_nodes.json"] = b"{"
    assert all("cut off or damaged" in each for each in bench.probe().values())
    assert bench.objects.log == []


def test_a_node_that_cannot_be_reached_is_told(bench: Bench) -> None:
    def unreachable() -> str:
        raise ToolError("node-2 cannot be reached over SSH")

    bench.shell.broken["node-2"] = unreachable
    assert bench.probe()["node-2"] == "node-2 cannot be reached over SSH"


def test_an_interrupt_removes_everything_and_ends_what_runs(bench: Bench) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    bench.shell.broken["node-2"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench.probe()
    assert bench.objects.objects == {}
    assert bench.cancelled == 1


def test_an_interrupt_stays_one_when_the_removal_fails(bench: Bench) -> None:
    def interrupted() -> str:
        bench.objects.refuse = lambda *_: "no"
        raise KeyboardInterrupt

    bench.shell.broken["node-2"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench.probe()


def left(bench: Bench, name: str, owner: str) -> None:
    bench.objects.create(NAMESPACES, namespace(name, owner))
    bench.objects.objects[f"{NAMESPACES}/{name}/pods/pod-node-1"] = {"kind": "Pod", "metadata": {"name": "pod-node-1"}}


def dead_process() -> str:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = f"{child.pid} {process_started(child.pid)}"
    child.communicate()
    return owner


def test_what_a_killed_look_left_is_removed_by_the_next(bench: Bench) -> None:
    left(bench, "labctl-probe-1", dead_process())
    left(bench, "labctl-probe-2", f"{os.getpid()} 12.5")
    left(bench, "labctl-probe-3", "nonsense")
    bench.probe()
    assert bench.objects.objects == {}


def test_a_look_at_the_same_time_is_left_alone(bench: Bench) -> None:
    left(bench, "labctl-probe-1", this_process())
    seen = bench.probe()
    assert bench.objects.namespaces == ["labctl-probe-1"]
    assert isinstance(seen["node-1"], dict)


def test_other_namespaces_are_never_touched(bench: Bench) -> None:
    left(bench, "labctl-other", dead_process())
    bench.objects.create(NAMESPACES, {"kind": "Namespace", "metadata": {"name": "labctl-probe-user"}})
    leaving = namespace("labctl-probe-4", dead_process())
    leaving["metadata"]["deletionTimestamp"] = "2021-06-01T00:00:00Z"
    bench.objects.create(NAMESPACES, leaving)
    assert remove_leftovers(bench.objects) == []
