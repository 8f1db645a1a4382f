"""Lab.claims: what probe pods saw joins the last look where it is wanted, and only there."""

from __future__ import annotations

from labctl.checks.model import Outcome
from labctl.steps.recipes import UP
from labctl.steps.runner import walk
from tests.unit.steps.conftest import Bench


def outcomes(bench: Bench, *only: str, deep: bool) -> dict[str, Outcome]:
    report = bench.lab.claims(only, deep=deep)
    return {r.check.id: r.outcome for r in report.results if r.check.id.startswith(("network.", "dns."))}


def test_a_deep_look_judges_the_claims_of_probe_pods(bench: Bench) -> None:
    walk(UP, bench.lab, "run-1")
    assert set(outcomes(bench, deep=False).values()) == {Outcome.SKIP}
    assert bench.objects.log == []
    assert set(outcomes(bench, deep=True).values()) == {Outcome.PASS}
    assert bench.objects.objects == {}


def test_the_look_that_is_there_is_not_taken_again(bench: Bench) -> None:
    walk(UP, bench.lab, "run-1")
    bench.lab.claims()
    looks = bench.world.looks
    outcomes(bench, deep=True)
    assert bench.world.looks == looks


def test_probe_pods_are_not_started_for_nobody(bench: Bench) -> None:
    walk(UP, bench.lab, "run-1")
    outcomes(bench, "nodes.*", deep=True)
    assert bench.objects.log == []


def test_the_steps_of_up_start_none(bench: Bench) -> None:
    walk(UP, bench.lab, "run-1")
    assert bench.objects.log == []
