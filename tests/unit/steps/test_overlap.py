"""Steps that run beside each other: only where nobody has joined, and all end together when one fails."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from labctl.adapters.ports import PlaybookResult
from labctl.errors import LabctlError, ToolError
from labctl.events import StepFailed, StepFinished, StepStarted
from labctl.steps.recipes import UP
from labctl.steps.runner import Range, walk
from labctl.steps.step import Step
from tests.fakes import FakePlaybooks
from tests.unit.steps.conftest import Bench

_SECONDS = 20.0


class Meeting(FakePlaybooks):
    """Playbooks of which some wait for each other: a run of `gates` goes on when all of them have begun.

    A playbook of `endless` ends only when it is called off, as an API that never answers would have it.
    """

    gates: frozenset[str] = frozenset()
    endless: frozenset[str] = frozenset()
    called_off: tuple[str, ...] = ()

    def __init__(self, other: FakePlaybooks, gates: Sequence[str] = (), endless: Sequence[str] = ()) -> None:
        super().__init__(other.world, fails=other.fails)
        self.gates, self.endless = frozenset(gates), frozenset(endless)
        self._barrier = threading.Barrier(max(len(self.gates), 1))

    def run(self, playbooks: Sequence[str], *, called_off: Callable[[], bool] = lambda: False, **rest: Any) -> Any:
        last = playbooks[-1]
        if last in self.gates:
            self._barrier.wait(_SECONDS)
        if last in self.endless:
            pause = threading.Event()
            while not called_off():
                pause.wait(0.01)
            self.called_off += (last,)
            raise ToolError(f"the playbook {last} was called off")
        result: PlaybookResult = super().run(playbooks, **rest)
        return result


def up(bench: Bench, **steps: str) -> bool:
    return walk(UP, bench.lab, "run-1", Range(steps.get("first"), steps.get("last")))


@pytest.fixture
def provisioned(bench: Bench) -> Bench:
    """The lab as a node image leaves it: all that remains is the cluster."""
    up(bench, last="kube_packages")
    bench.lab.changed()
    bench.told.events.clear()
    return bench


def begun(bench: Bench) -> dict[str, StepStarted]:
    return {event.step: event for event in bench.told.events if isinstance(event, StepStarted)}


def test_pod_network_and_workers_begin_while_kubeadm_init_is_at_work(provisioned: Bench) -> None:
    bench = provisioned
    bench.lab.playbooks = Meeting(bench.playbooks, gates=("control_plane", "weave_net", "workers"))
    bench.lab.workspace.journal.begin("run-1", "up", 1.0)
    assert up(bench)
    assert begun(bench)["wait_ready"].beside == ()
    timeline = {step.step: step for step in bench.lab.workspace.journal.runs()[0].timeline}
    assert all(step.seconds is not None for step in timeline.values())
    three = [timeline[name] for name in ("control_plane", "weave_net", "workers")]
    # Whichever begins first, the last of them sees both others at work, and none has waited for another.
    assert max(len(step.beside) for step in three) == 2
    assert {name for step in three for name in step.after}.isdisjoint(step.step for step in three)
    assert timeline["wait_ready"].after[0] in {step.step for step in three}


def test_one_that_fails_calls_the_others_off_and_is_what_is_raised(provisioned: Bench) -> None:
    bench = provisioned
    bench.playbooks.fails["control_plane"] = ToolError("kubeadm init failed on k8s-master")
    playbooks = Meeting(bench.playbooks, endless=("weave_net", "workers"))
    bench.lab.playbooks = playbooks
    with pytest.raises(ToolError, match="kubeadm init failed"):
        up(bench)
    # Those that had begun; one that had not does not begin any more.
    assert set(playbooks.called_off) == {*begun(bench)} - {"control_plane"}
    failed = [event.step for event in bench.told.events if isinstance(event, StepFailed)]
    assert "control_plane" in failed
    # Whatever began has ended, one way or the other.
    ended = {event.step for event in bench.told.events if isinstance(event, StepFinished | StepFailed)}
    assert set(begun(bench)) == ended


def test_a_cluster_that_is_mended_is_mended_step_by_step(bench: Bench) -> None:
    up(bench)
    bench.lab.changed()
    bench.told.events.clear()
    for node in bench.world.marks:
        for role in ("control_plane", "weave_net"):
            bench.world.marks[node].pop(role, None)
    bench.playbooks.starts = 0
    up(bench)
    assert bench.playbooks.starts == 1
    assert begun(bench)["weave_net"].after == ("control_plane",)
    assert begun(bench)["weave_net"].beside == ()


def test_with_a_question_before_each_step_they_run_one_by_one(bench: Bench) -> None:
    asked: list[str] = []

    def ask(step: Step) -> None:
        assert all(event.step in asked for event in bench.told.events if isinstance(event, StepStarted))
        ended = {event.step for event in bench.told.events if isinstance(event, StepFinished)}
        assert set(asked) == ended
        asked.append(step.id)

    walk(UP, bench.lab, "run-1", None, ask)
    assert asked[-5:-2] == ["control_plane", "weave_net", "workers"]


def test_a_step_with_nothing_to_do_is_asked_again_when_those_beside_it_are_done(bench: Bench) -> None:
    # The pod network seems to be there; by the end of kubeadm init it is not.
    up(bench, last="kube_packages")
    bench.lab.changed()
    real = FakePlaybooks.run

    class Breaking(FakePlaybooks):
        def run(self, playbooks: Sequence[str], **rest: Any) -> PlaybookResult:
            if "control_plane" in playbooks:
                self.world.marks["k8s-master"].pop("weave_net", None)
            return real(self, playbooks, **rest)

    for node in bench.world.running:
        bench.world.mark(node, "weave_net", bench.lab.fingerprint("weave_net"))
    bench.world.cluster = True
    bench.lab.playbooks = Breaking(bench.world)
    up(bench)
    assert "weave_net" in begun(bench)
    assert begun(bench)["weave_net"].after[-1:] in (("control_plane",), ("workers",))


def test_ctrl_c_calls_off_what_is_at_work(provisioned: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = provisioned
    playbooks = Meeting(bench.playbooks, endless=("control_plane", "weave_net", "workers"))
    bench.lab.playbooks = playbooks
    told = bench.lab.reporter.emit

    def interrupt(event: object) -> None:
        told(event)  # type: ignore[arg-type]
        if isinstance(event, StepStarted) and event.step == "workers":
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(bench.lab.reporter, "emit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        up(bench)
    assert sorted(playbooks.called_off) == ["control_plane", "weave_net", "workers"]


def test_an_error_that_is_none_of_labctls_ends_the_walk_too(bench: Bench) -> None:
    class Broken(FakePlaybooks):
        def run(self, playbooks: Sequence[str], **_: Any) -> PlaybookResult:
            raise ZeroDivisionError(", ".join(playbooks))

    bench.lab.playbooks = Broken(bench.world)
    with pytest.raises(ZeroDivisionError) as caught:
        up(bench)
    assert not isinstance(caught.value, LabctlError)
