"""The healthy recording with one thing changed at a time: exactly the right claim, scope, outcome and cause."""

from __future__ import annotations

from collections.abc import Iterator

import cases_answers
import cases_control_plane
import cases_coredns
import cases_docker
import cases_kube_proxy
import cases_kubelet
import cases_nodes
import cases_weave_net
import cases_worlds
import pytest
import recording_edits as e
from mutation_case import Case

from labctl.checks import CheckReport, CheckResult, Outcome, Ref
from labctl.checks.judge import judge
from labctl.checks.recorded import plan_of
from labctl.facts import Facts
from labctl.report.contrast import contrast

CASES = (
    *cases_nodes.CASES,
    *cases_control_plane.CASES,
    *cases_kube_proxy.CASES,
    *cases_kubelet.CASES,
    *cases_docker.CASES,
    *cases_coredns.CASES,
    *cases_weave_net.CASES,
    *cases_answers.CASES,
    *cases_worlds.CASES,
)


def judged(files: e.Files) -> CheckReport:
    facts = Facts.from_files(files, "recording")
    return judge(plan_of(files, facts), facts)


def lines(report: CheckReport, baseline: dict[Ref, Outcome]) -> Iterator[str]:
    for result in report.results:
        if result.outcome is not baseline.get(result.ref):
            cause = f" <- {_place(result.because)}" if result.because else ""
            yield f"{result.outcome.name} {_place(result.ref)}{cause}"


def _place(ref: Ref) -> str:
    return ref.check if ref.scope == "lab" else f"{ref.check}@{ref.scope}"


@pytest.fixture(scope="module")
def baseline() -> dict[Ref, Outcome]:
    return {result.ref: result.outcome for result in judged(e.load("healthy")).results}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_one_change_breaks_exactly_its_claims(case: Case, baseline: dict[Ref, Outcome]) -> None:
    files = e.load("healthy")
    case.edit(files)
    report = judged(files)
    assert sorted(lines(report, baseline)) == sorted(case.changed)
    words = {line.split()[0] for line in case.changed}
    assert report.exit_code() == (1 if "FAIL" in words else 4 if "ERROR" in words else 0)
    if files.get("plan.json") != e.load("healthy").get("plan.json"):
        # Another plan than the tutorial's: what fails may be just what the tutorial shows.
        return
    for result in report.results:
        # The recording's own version is not the tutorial's, which a node that strays may have.
        strays = result.check.id == "nodes.version"
        if result.outcome in (Outcome.FAIL, Outcome.DRIFT) and not result.check.quotes and not strays:
            assert _differs(result), result.ref


def _differs(result: CheckResult) -> bool:
    """Whether a learner sees a difference beside the tutorial's output."""
    both = contrast(result)
    return both.signed or any(piece.differs for line in both.lab for piece in line.pieces)


@pytest.mark.parametrize("key", sorted(key for key in e.load("healthy") if key.startswith(("api/", "nodes/node-1/"))))
def test_a_file_that_is_cut_off_anywhere_never_says_anything_false(key: str, baseline: dict[Ref, Outcome]) -> None:
    """What is cut off is an ERROR, or makes no difference."""
    files = e.load("healthy")
    whole = files[key]
    assert isinstance(whole, bytes)
    for share in (0.0, 0.17, 0.42, 0.66, 0.81, 0.97):
        files[key] = whole[: int(len(whole) * share)]
        for result in judged(files).results:
            assert result.outcome in (baseline[result.ref], Outcome.ERROR), (share, result)
