"""The recipe UP on a lab in memory: what is done, what is skipped, and what a cut leaves to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labctl.errors import ClaimsError, ToolError, UsageError
from labctl.events import StepFailed, StepFinished, StepSkipped, StepStarted
from labctl.steps import wait_ready
from labctl.steps.recipes import DESTROY, UP
from labctl.steps.runner import Range, walk
from tests.unit.steps.conftest import Bench

ROLES = ["base", "docker", "kube_packages", "control_plane", "weave_net", "workers"]


def up(bench: Bench, **steps: str) -> bool:
    return walk(UP, bench.lab, "run-1", Range(steps.get("first"), steps.get("last")))


def started(bench: Bench) -> list[str]:
    return [event.step for event in bench.told.events if isinstance(event, StepStarted)]


def test_from_nothing_every_step_but_the_filled_bundle_runs(bench: Bench) -> None:
    assert up(bench)
    assert started(bench) == ["create_machines", *ROLES, "wait_ready", "save_ready"]
    assert sorted(bench.playbooks.runs) == sorted(ROLES)
    # The roles up to kubeadm init by one Ansible; beside it one for the pod network, one for the workers.
    assert bench.playbooks.runs[:4] == ROLES[:4]
    assert bench.playbooks.starts == 3
    up_all = "up k8s-master,node-1,node-2,node-3 virtualbox"
    assert [call for call in bench.machines.calls if call.startswith("up")] == [up_all, up_all]


def test_a_second_up_starts_nothing_and_looks_once(bench: Bench) -> None:
    up(bench)
    bench.lab.changed()
    bench.told.events.clear()
    bench.playbooks.runs.clear()
    looks = bench.world.looks
    assert not up(bench)
    assert [e.step for e in bench.told.events if isinstance(e, StepSkipped)] == [step.id for step in UP]
    assert bench.playbooks.runs == []
    assert bench.world.looks == looks + len(bench.lab.plan.nodes)


def test_a_lost_mark_brings_its_role_back(bench: Bench) -> None:
    up(bench)
    bench.lab.changed()
    del bench.world.marks["node-2"]["docker"]
    bench.playbooks.runs.clear()
    up(bench)
    assert bench.playbooks.runs == ["docker"]


def test_a_claim_that_fails_brings_the_role_back_that_makes_it_hold(bench: Bench) -> None:
    up(bench)
    key = "nodes/node-2/systemctl-show-docker.service.txt"
    bench.world.files[key] = bench.world.files[key].replace(b"UnitFileState=enabled", b"UnitFileState=disabled")
    bench.lab.changed()
    bench.playbooks.runs.clear()
    with pytest.raises(ClaimsError) as caught:
        walk((*UP[: UP.index(wait_ready.STEP)], wait_ready.WaitReady(seconds=0)), bench.lab, "run-2")
    assert bench.playbooks.runs == ["docker"]
    assert caught.value.exit_code == 1
    assert "docker.service (node-2)" in caught.value.message


def test_a_failed_step_is_told_and_the_next_up_goes_on_there(bench: Bench) -> None:
    bench.playbooks.fails["control_plane"] = ToolError("kubeadm init failed on k8s-master")
    with pytest.raises(ToolError):
        up(bench)
    assert "control_plane" in [e.step for e in bench.told.events if isinstance(e, StepFailed)]
    bench.lab.changed()
    bench.playbooks.runs.clear()
    up(bench)
    assert "control_plane" in bench.playbooks.runs
    assert not set(bench.playbooks.runs) & {"base", "docker", "kube_packages"}


def test_from_runs_done_steps_again(bench: Bench) -> None:
    up(bench)
    bench.lab.changed()
    bench.playbooks.runs.clear()
    up(bench, first="weave_net")
    assert bench.playbooks.runs == ["weave_net", "workers"]


def test_until_stops_after_its_step(bench: Bench) -> None:
    up(bench, last="docker")
    assert bench.playbooks.runs == ["base", "docker"]


def test_an_unknown_step_is_told_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(UsageError) as caught:
        up(bench, first="wave_net")
    assert "weave_net" in (caught.value.hint or "")


def test_the_kubeconfig_is_private_and_its_absence_is_something_to_do(bench: Bench) -> None:
    up(bench)
    kubeconfig = bench.lab.workspace.kubeconfig
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    kubeconfig.unlink()
    bench.lab.changed()
    bench.playbooks.runs.clear()
    up(bench)
    assert bench.playbooks.runs == ["control_plane"]
    assert kubeconfig.is_file()


def test_the_bundle_is_copied_where_the_provider_cannot_mount_it(bench: Bench) -> None:
    up(bench, last="create_machines")
    assert {node for node, _ in bench.shell.pushed} == {"k8s-master", "node-1", "node-2", "node-3"}
    assert all("node/root.tar" not in files for _, files in bench.shell.pushed)


def test_every_finished_step_is_in_the_journal_with_its_seconds(bench: Bench) -> None:
    bench.lab.workspace.journal.begin("run-1", "up", 1.0)
    up(bench)
    run = bench.lab.workspace.journal.runs()[0]
    assert sorted(step for step, _ in run.steps) == sorted(["create_machines", *ROLES, "wait_ready", "save_ready"])
    assert sum(isinstance(event, StepFinished) for event in bench.told.events) == len(run.steps)


def test_before_is_called_for_steps_that_run_only(bench: Bench) -> None:
    seen: list[str] = []
    walk(UP, bench.lab, "run-1", Range(last="docker"), lambda step: seen.append(step.id))
    assert seen == ["create_machines", "base", "docker"]
    assert bench.playbooks.starts == 2


def test_every_step_describes_what_a_learner_would_type(bench: Bench) -> None:
    for step in UP:
        assert step.describe(bench.lab.plan), step.id


def test_destroy_closes_connections_and_removes_machines(bench: Bench) -> None:
    up(bench)
    walk(DESTROY, bench.lab, "run-2")
    assert bench.shell.closed
    assert bench.machines.calls[-1] == "destroy"


def test_what_somebody_changed_on_purpose_is_not_waited_for(bench: Bench) -> None:
    up(bench)
    key = "api/api_v1_nodes.json"
    nodes = json.loads(bench.world.files[key])
    nodes["items"][3]["spec"]["unschedulable"] = True
    bench.world.files[key] = json.dumps(nodes).encode()
    bench.lab.changed()
    with pytest.raises(ClaimsError, match=r"somebody changed the lab: nodes.ready \(node-3\)") as caught:
        up(bench)
    assert caught.value.hint == "kubectl uncordon node-3"
    assert caught.value.exit_code == 1


def test_a_machine_that_has_lost_the_labs_network_is_for_the_step_to_heal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSH by a published port still reaches it, and it carries every mark."""
    walk(UP, bench.lab, "run-1")
    create = UP[2]
    assert create.skip_reason(bench.lab) == "every node answers over SSH and has the bundle"
    states: Any = lambda *_: {"k8s-master": "running", "node-1": "incomplete"}  # noqa: E731
    monkeypatch.setattr(bench.lab.provider, "states", states, raising=False)
    assert create.skip_reason(bench.lab) is None
