"""The live road, from a cluster's answers to the report: replay server, real API adapter, nodes in memory.

Every recording gives the report that `verify --from` gives; each fault of the API is an ERROR of exactly the claims
that need what it spoils.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.kube import KubernetesApi, Patience
from labctl.checks import CheckReport, CheckResult, Outcome, Ref, judge
from labctl.checks.recorded import judge_recording
from labctl.checks.registry import CLAIMS
from labctl.collect import API_PATHS, look
from labctl.facts import Facts
from labctl.plan import default_plan
from tests.fakes import RECORDINGS, FakeShell, World, recording
from tests.replay import faults
from tests.replay.authority import Authority, kubeconfig
from tests.replay.server import ReplayServer, serving

PLAN = default_plan("v1.20.2")
NODES = [node.name for node in PLAN.nodes]
HEALTHY = recording("healthy")
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
APPS = "/apis/apps/v1/namespaces/kube-system"
# What each list is needed for.
NEEDED: dict[str, tuple[str, ...]] = {
    "/version": (),
    "/api/v1/namespaces": (),
    "/api/v1/pods": (),
    "/api/v1/nodes": tuple(f"nodes.{each}" for each in ("members", "ready", "roles", "version", "os", "runtime")),
    "/api/v1/namespaces/default/endpoints": ("control-plane.endpoint",),
    f"{KUBE_SYSTEM}/configmaps": ("control-plane.endpoint",),
    f"{KUBE_SYSTEM}/endpoints": ("coredns.endpoints",),
    f"{KUBE_SYSTEM}/services": ("coredns.service", "services.only-kube-dns"),
    f"{KUBE_SYSTEM}/pods": (
        *("control-plane.etcd", "control-plane.kube-apiserver"),
        *("control-plane.kube-controller-manager", "control-plane.kube-scheduler"),
        *("kube-proxy.pods", "kube-proxy.placement", "kube-proxy.daemonset"),
        *("coredns.pods", "coredns.deployment", "coredns.endpoints"),
        *("weave-net.pods", "weave-net.placement", "weave-net.daemonset", "weave-net.image"),
    ),
    f"{APPS}/daemonsets": ("kube-proxy.daemonset", "daemonsets.exactly-two", "weave-net.daemonset"),
    f"{APPS}/deployments": ("coredns.deployment",),
    f"{APPS}/replicasets": ("coredns.deployment",),
}
FAULTS: dict[str, tuple[faults.Fault, str]] = {
    "401": (faults.status(401, "Unauthorized"), "401 Unauthorized"),
    "403": (faults.status(403, 'User "kube" cannot list resource'), '403 Forbidden: User "kube" cannot list resource'),
    "429": (faults.status(429, "too many requests", Retry_After="1"), "429 Too Many Requests"),
    "500": (faults.status(500, "etcdserver: request timed out"), "500 Internal Server Error: etcdserver"),
    "silent": (faults.silent, "in time"),
    "dripping": (faults.dripping, "in time"),
    "endless": (faults.endless, "is larger than"),
    "cut": (faults.cut, "was cut off after"),
    "hung up": (faults.hung_up, "does not answer: "),
    "truncated": (faults.truncated, "is cut off or damaged"),
    "html": (faults.says(b"<html><h1>Sign in</h1></html>"), "is not JSON but says: <html><h1>Sign in"),
    "no list": (faults.says(b'{"kind": "NodeList", "items": "none"}'), "holds no list"),
    "an array": (faults.says(b"[]"), "does not hold an object"),
    "a Status": (faults.says(b'{"kind": "Status", "message": "no leader"}'), "no leader"),
}
# These take all the time that there is: enough for a right answer on a busy computer, and on three paths only.
WAITING = ("silent", "dripping")
PATIENCE = Patience(pause=0.01, largest=2**20)
IMPATIENT = replace(PATIENCE, connect=1.5, answer=1.5)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def replay(authority: Authority) -> Iterator[ReplayServer]:
    """The healthy cluster, with the one list that recordings do not hold."""
    with serving(authority, HEALTHY) as server:
        subset = {"addresses": [{"ip": "192.168.50.10"}], "ports": [{"port": 6443, "protocol": "TCP"}]}
        item = {"metadata": {"name": "kubernetes"}, "subsets": [subset]}
        server.says("/api/v1/namespaces/default/endpoints", {"kind": "EndpointsList", "items": [item]})
        yield server


@pytest.fixture
def server(replay: ReplayServer) -> ReplayServer:
    replay.faults.clear()
    replay.asked.clear()
    return replay


@pytest.fixture
def config(authority: Authority, server: ReplayServer, tmp_path: Path) -> Path:
    return kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))


def seen(config: Path, files: dict[str, bytes] = HEALTHY, patience: Patience = PATIENCE) -> Facts:
    shell = FakeShell(World(files, running=set(NODES), cluster=True))
    return look(PLAN, shell, lambda: KubernetesApi(config, patience))


def broken(report: CheckReport) -> dict[Ref, Outcome]:
    return {each.ref: each.outcome for each in report.results if each.outcome in (Outcome.FAIL, Outcome.ERROR)}


def wanted(claims: tuple[str, ...]) -> dict[Ref, Outcome]:
    scopes = {check.id: NODES if check.scope == "node" else ["lab"] for check in CLAIMS}
    return {Ref(claim, scope): Outcome.ERROR for claim in claims for scope in scopes[claim]}


def comparable(report: CheckReport) -> list[CheckResult]:
    """Without what only a live look has."""
    return [each for each in report.results if not (each.check.live_only or each.check.needs_probe_pods)]


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".tar.gz") for path in RECORDINGS.glob("*.tar.gz")))
def test_a_recording_and_the_cluster_that_answers_so_get_the_same_report(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    files = recording(name)
    with serving(authority, files) as server:
        config = kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))
        live = judge(PLAN, seen(config, files))
        assert sorted(server.asked) == sorted(API_PATHS)
    recorded = judge_recording(RECORDINGS / f"{name}.tar.gz")
    assert comparable(live) == comparable(recorded)
    assert live.of("kubectl.non-root").outcome is Outcome.PASS
    assert live.exit_code() == recorded.exit_code()


def test_every_path_of_a_look_is_in_the_table() -> None:
    assert set(NEEDED) == set(API_PATHS)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        *((path, fault) for path in NEEDED for fault in FAULTS if fault not in WAITING),
        *((path, fault) for path in ("/api/v1/nodes", "/version", f"{KUBE_SYSTEM}/pods") for fault in WAITING),
    ],
)
def test_a_fault_is_an_error_of_exactly_the_claims_that_need_the_answer(
    server: ReplayServer, config: Path, path: str, fault: str
) -> None:
    server.faults[path], why = FAULTS[fault]
    report = judge(PLAN, seen(config, patience=IMPATIENT if fault in WAITING else PATIENCE))
    assert broken(report) == wanted(NEEDED[path])
    assert report.exit_code() == (4 if NEEDED[path] else 0)
    for ref in wanted(NEEDED[path]):
        assert why in report.of(*ref).why
    roots = [ref for ref in wanted(NEEDED[path]) if report.of(*ref).because is None]
    assert len(roots) == min(len(NEEDED[path]), 1), "one answer that is missing is told once"
    assert server.asked.count(path) == (3 if fault in ("cut", "hung up") else 1), "only connections are tried again"


def test_a_slow_answer_is_an_answer(server: ReplayServer, config: Path) -> None:
    server.faults = dict.fromkeys(API_PATHS, faults.slow(0.3))
    assert broken(judge(PLAN, seen(config))) == {}


API_CLAIMS = tuple(dict.fromkeys(claim for claims in NEEDED.values() for claim in claims))


def of_no_api(config: Path, why: str) -> None:
    """Every claim of the API is an ERROR with one root; those of the nodes are judged as ever."""
    report = judge(PLAN, seen(config, patience=IMPATIENT))
    assert broken(report) == wanted(API_CLAIMS)
    assert report.exit_code() == 4
    assert [ref for ref in wanted(API_CLAIMS) if report.of(*ref).because is None] == [Ref("nodes.members", "lab")]
    assert all(why in report.of(*ref).why for ref in wanted(API_CLAIMS))


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        (lambda own: Authority("kubernetes").issue("kube-apiserver"), "unable to get local issuer certificate"),
        (lambda own: own.issue("kube-apiserver", hours=-1), "certificate has expired"),
        (lambda own: own.issue("kube-apiserver", address="192.168.50.10"), "is not valid for '127.0.0.1'"),
    ],
    ids=["another authority", "expired", "another address"],
)
def test_an_api_with_a_wrong_certificate_is_no_api(
    authority: Authority, tmp_path: Path, certificate: Any, why: str
) -> None:
    with serving(authority, HEALTHY, certificate(authority)) as server:
        config = kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))
        of_no_api(config, why)
        assert server.asked == []


def test_an_api_where_nothing_listens(authority: Authority, tmp_path: Path) -> None:
    with serving(authority) as gone:
        config = kubeconfig(tmp_path / "kubeconfig", gone.port, authority, authority.issue("kubernetes-admin"))
    of_no_api(config, "does not answer: Connection refused")


@pytest.mark.parametrize("fault", ["401", "403", "500", "silent", "html"])
def test_an_api_that_answers_nothing_of_use(server: ReplayServer, config: Path, fault: str) -> None:
    server.faults = dict.fromkeys(API_PATHS, FAULTS[fault][0])
    of_no_api(config, FAULTS[fault][1])
    assert sorted(server.asked) == sorted(API_PATHS)


def test_many_clusters_in_one_process() -> None:
    """The benchmark itself, small: each of its clusters is judged rightly, or it fails."""
    script = Path(__file__).parents[2] / "bench" / "api_200.py"
    command = [sys.executable, str(script), "--clusters", "8", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["labctl"]["clusters"] == 8


def test_a_node_that_does_not_answer_is_asked_once(server: ReplayServer, config: Path) -> None:
    shell = FakeShell(World(HEALTHY, running=set(NODES) - {"node-2"}, cluster=True))
    report = judge(PLAN, look(PLAN, shell, lambda: KubernetesApi(config, PATIENCE)))
    assert [node for node, _ in shell.commands].count("node-2") == 1
    assert {(ref.scope, outcome) for ref, outcome in broken(report).items()} == {("node-2", Outcome.ERROR)}
    assert {report.of(*ref).why.partition(" (")[0] for ref in broken(report)} == {"node-2 cannot be reached over SSH"}
    assert report.exit_code() == 4
