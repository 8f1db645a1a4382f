"""The cases of test_mutations.py over the live road: a replay server answers so, and the report is the same.

Those of one unit of one node say nothing of the API: they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cases_docker
import cases_kubelet
import pytest
import recording_edits as e
from mutation_case import Case
from test_mutations import CASES, judged

from labctl.adapters.kube import KubernetesApi
from labctl.checks import CheckReport, Outcome, Ref
from labctl.checks.judge import judge
from labctl.checks.recorded import plan_of
from labctl.collect import API_PATHS, api_file, look
from labctl.facts import Facts
from tests.fakes import FakeShell, World
from tests.replay.authority import Authority, kubeconfig
from tests.replay.server import ReplayServer, serving

OF_THE_API = [case for case in CASES if case not in (*cases_docker.CASES, *cases_kubelet.CASES)]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReplayServer, KubernetesApi]]:
    """One server and kept connections for all cases: what it answers changes."""
    authority = Authority()
    with serving(authority) as server:
        path: Path = tmp_path_factory.mktemp("replay") / "kubeconfig"
        yield server, KubernetesApi(kubeconfig(path, server.port, authority, authority.issue("kubernetes-admin")))


def told(report: CheckReport) -> dict[Ref, tuple[Outcome, Ref | None]]:
    """Outcome and cause of all that both a recording and a look hold."""
    both = (each for each in report.results if not (each.check.live_only or each.check.needs_probe_pods))
    return {each.ref: (each.outcome, each.because) for each in both}


@pytest.mark.parametrize("case", OF_THE_API, ids=lambda case: case.name.replace(" ", "-"))
def test_the_live_road_comes_to_the_same(case: Case, api: tuple[ReplayServer, KubernetesApi]) -> None:
    server, client = api
    files = e.load("healthy")
    case.edit(files)
    there = {key: content for key, content in files.items() if isinstance(content, bytes)}
    server.answers = {path: (200, there[api_file(path)]) for path in API_PATHS if api_file(path) in there}
    plan = plan_of(files, Facts.from_files(files, "recording"))
    shell = FakeShell(World(there, running={key.split("/")[1] for key in there if key.startswith("nodes/")}))
    live = judge(plan, look(plan, shell, lambda: client))
    recorded = judged(files)
    assert told(live) == told(recorded)
    assert live.exit_code() == recorded.exit_code()
