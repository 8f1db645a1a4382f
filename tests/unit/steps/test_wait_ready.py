"""Waiting for the claims: so many looks as it takes, one after the end of the time, each of them told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from labctl.checks import CheckReport, Outcome
from labctl.errors import ClaimsError, ExitCode, ToolError
from labctl.events import Progress
from labctl.steps import reach, step
from labctl.steps.recipes import UP
from labctl.steps.runner import Range, walk
from labctl.steps.wait_ready import WaitReady, _Wait, look_until, settle
from tests.unit.steps.conftest import Bench

KEY = "nodes/node-2/systemctl-show-docker.service.txt"
PATIENCE = 600.0


@pytest.fixture
def lab(bench: Bench) -> Bench:
    """A lab that is up, with Docker disabled on one node."""
    bench.world.running = {node.name for node in bench.lab.plan.nodes}
    bench.world.cluster = True
    bench.world.files[KEY] = bench.world.files[KEY].replace(b"UnitFileState=enabled", b"UnitFileState=disabled")
    return bench


def heal(bench: Bench) -> None:
    bench.world.files[KEY] = bench.world.files[KEY].replace(b"UnitFileState=disabled", b"UnitFileState=enabled")


def test_it_looks_again_until_every_claim_holds(lab: Bench) -> None:
    told: list[CheckReport] = []

    def tell(report: CheckReport) -> None:
        told.append(report)
        if len(told) == 2:
            heal(lab)

    last = settle(lab.lab, lab.lab.claims, PATIENCE, tell)
    assert [report.outcome for report in told] == [Outcome.FAIL, Outcome.FAIL, Outcome.DRIFT]
    assert last is told[-1]
    assert told[0].open_causes == "docker.service (node-2)"
    assert lab.world.looks == 3 * len(lab.lab.plan.nodes)


def test_without_time_it_is_one_look(lab: Bench) -> None:
    told: list[CheckReport] = []
    assert settle(lab.lab, lab.lab.claims, 0, told.append).outcome is Outcome.FAIL
    assert len(told) == 1


def test_it_gives_up_when_time_is_up(lab: Bench) -> None:
    assert not look_until(lab.lab, 0.1, lambda: False)
    assert look_until(lab.lab, 0, lambda: True)


def test_only_what_was_asked_for_is_waited_for(lab: Bench) -> None:
    told: list[CheckReport] = []
    settle(lab.lab, lambda: lab.lab.claims(skip=["docker.*"]), PATIENCE, told.append)
    assert len(told) == 1


def test_a_node_that_does_not_answer_is_waited_for_too(lab: Bench) -> None:
    heal(lab)
    lab.world.running.discard("node-3")
    report = settle(lab.lab, lab.lab.claims, 0, lambda _: None)
    assert report.outcome is Outcome.ERROR
    assert "(node-3)" in report.open_causes


def test_the_step_names_what_it_waits_for_and_gives_up_in_time(lab: Bench) -> None:
    with pytest.raises(ClaimsError, match=r"not all claims hold after 0 s: docker.service \(node-2\)") as caught:
        WaitReady(seconds=0).run(lab.lab)
    assert caught.value.exit_code == ExitCode.CLAIM_FAILED
    assert Progress("wait_ready", "waiting for docker.service (node-2)") in lab.told.events


def test_machines_are_not_asked_while_the_api_has_something_open(lab: Bench) -> None:
    heal(lab)
    lab.world.cluster = False
    with pytest.raises(ClaimsError):
        WaitReady(seconds=0.2).run(lab.lab)
    # Once before time was up would have been twice: the only whole look is the one that the error tells of.
    assert lab.world.looks == len(lab.lab.plan.nodes)
    lab.world.cluster = True
    lab.lab.changed()
    assert WaitReady(seconds=0).run(lab.lab) == 0


def test_after_something_was_started_anew_under_running_pods_one_look_is_not_enough(lab: Bench) -> None:
    heal(lab)
    WaitReady(seconds=0).run(lab.lab)
    once = lab.world.looks
    lab.lab.changed()
    lab.lab.shaken = True
    assert WaitReady().skip_reason(lab.lab) is None
    before = lab.world.looks
    WaitReady(seconds=0).run(lab.lab)
    assert lab.world.looks - before == 2 * once
    assert not lab.lab.shaken


def test_only_what_is_changed_under_members_of_the_cluster_shakes_it(bench: Bench) -> None:
    walk(UP[:-2], bench.lab, "run-1")
    assert not bench.lab.shaken
    bench.lab.changed()
    walk(UP[:-2], bench.lab, "run-2", Range("docker", "docker"))
    assert bench.lab.shaken


def not_available(daemon_set: Any) -> None:
    daemon_set["status"]["numberAvailable"] = 1


def not_ready(node: Any) -> None:
    next(each for each in node["status"]["conditions"] if each["type"] == "Ready")["status"] = "False"


@pytest.mark.parametrize(
    ("key", "spoil"),
    [
        ("api/apis_apps_v1_namespaces_kube-system_daemonsets.json", not_available),
        ("api/api_v1_nodes.json", not_ready),
    ],
)
def test_machines_are_asked_ahead_while_only_time_is_missing(
    lab: Bench, key: str, spoil: Callable[[Any], None]
) -> None:
    heal(lab)
    whole = lab.world.files[key]
    document = json.loads(whole)
    for item in document["items"]:
        spoil(item)
    lab.world.files[key] = json.dumps(document).encode()
    with pytest.raises(ClaimsError):
        WaitReady(seconds=0.2).run(lab.lab)
    assert lab.world.looks == len(lab.lab.plan.nodes)
    lab.world.files[key] = whole
    before = lab.world.looks
    lab.lab.changed()
    lab.lab.look_ahead()
    assert WaitReady(seconds=0).run(lab.lab) == 0
    # The whole look at the end took what the machines had said a moment ago.
    assert lab.world.looks == before + len(lab.lab.plan.nodes)


def test_machines_are_not_asked_ahead_by_an_api_that_tells_of_before(
    lab: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claims are as good as held: those were seen when the snapshot was saved."""
    heal(lab)
    key = "api/api_v1_nodes.json"
    document = json.loads(lab.world.files[key])
    for item in document["items"]:
        not_ready(item)
    lab.world.files[key] = json.dumps(document).encode()
    asked: list[str] = []
    monkeypatch.setattr(lab.lab, "look_ahead", lambda: asked.append("ahead"))
    with pytest.raises(ClaimsError):
        WaitReady(seconds=0.2).run(lab.lab)
    assert asked
    asked.clear()
    lab.lab.renewed([node.name for node in lab.lab.plan.nodes])
    with pytest.raises(ClaimsError):
        WaitReady(seconds=0.2).run(lab.lab)
    assert not asked


def test_what_machines_said_too_long_ago_counts_no_more(lab: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "_AHEAD_SECONDS", 0.0)
    lab.lab.look_ahead()
    assert lab.lab._ahead is not None
    lab.lab._ahead[1].result()
    before = lab.world.looks
    lab.lab.facts()
    assert lab.world.looks == before + len(lab.lab.plan.nodes)


def test_it_looks_more_often_once_little_is_open(lab: Bench) -> None:
    heal(lab)
    wait = _Wait(lab.lab, "wait_ready")
    lab.lab.renewed([node.name for node in lab.lab.plan.nodes])
    assert not wait.over()
    far = wait.pause()
    # Now there is news of everything, and one claim is open.
    lab.lab.fresh_since, lab.lab.fresh_nodes = 0.0, frozenset()
    key = "api/apis_apps_v1_namespaces_kube-system_deployments.json"
    document = json.loads(lab.world.files[key])
    document["items"][0]["status"]["readyReplicas"] = 1
    lab.world.files[key] = json.dumps(document).encode()
    lab.lab.changed()
    assert not wait.over()
    assert wait.pause() < far


def test_it_does_not_wait_for_machines_that_have_ended(lab: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_ALIVE_SECONDS", 0.0)
    states: Any = lambda *_: {"k8s-master": "stopped", "node-1": "running"}  # noqa: E731
    monkeypatch.setattr(lab.lab.provider, "states", states, raising=False)
    begun = time.monotonic()
    with pytest.raises(ToolError, match="not all machines run any more: k8s-master is stopped") as caught:
        walk((WaitReady(seconds=PATIENCE),), lab.lab, "run-1")
    assert "labctl up" in (caught.value.hint or "")
    assert time.monotonic() - begun < PATIENCE / 2
