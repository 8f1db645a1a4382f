"""Step certificates: what is due by a machine's own clock, what renewing cannot help, and what the step does then."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime, timezone
from typing import Any

import pytest

from labctl.errors import ToolError
from labctl.events import StepSkipped, StepStarted
from labctl.facts import NotObserved
from labctl.facts.certificates import (
    AUTHORITIES,
    CERTIFICATES_FILE,
    CONTROL_PLANE,
    FILES,
    KUBECTL,
    KUBELET,
    KUBELET_KUBECONFIG,
    NodeCertificates,
    Validity,
)
from labctl.steps import certificates
from labctl.steps.certificate_dates import DAY, days_left, due, good_until, trouble
from labctl.steps.recipes import RESUME, UP, reset
from labctl.steps.runner import Range, walk
from labctl.workspace.snapshots import Snapshot
from tests.unit.collect.test_certificate_files import UNTIL, certificate, kubeconfig
from tests.unit.steps.conftest import Bench

NOW = 2_000_000_000
YEAR = 365 * DAY
ON_WORKER = (AUTHORITIES[0], *KUBELET, KUBELET_KUBECONFIG)


def machine(
    *paths: str, days: float = 365, other: float = 365, clock: int = NOW, unfinished: bool = False
) -> NodeCertificates:
    """A master whose certificates in paths end in so many days, the others in others."""
    ends = {path: NOW + int((days if path in paths else other) * DAY) for path in FILES}
    files: dict[str, Any] = {path: (Validity(NOW - YEAR, end),) for path, end in ends.items()}
    return NodeCertificates(clock, unfinished, files | {KUBELET_KUBECONFIG: ()})


def only(one: NodeCertificates, *paths: str) -> NodeCertificates:
    return NodeCertificates(one.clock, one.unfinished, {path: one.files[path] for path in paths})


@pytest.mark.parametrize("days", [365, 31, 30])
def test_what_is_good_for_longer_than_a_vacation_stays(days: int) -> None:
    assert due({"k8s-master": machine(*FILES, days=days)}) == {}
    assert days_left({"k8s-master": machine(*FILES, days=days)}) == days


@pytest.mark.parametrize("days", [29.99, 29, 0, -1, -400])
def test_what_is_near_its_end_or_past_it_is_due(days: float) -> None:
    everything = [path for path in FILES if path not in AUTHORITIES]
    assert due({"m": machine(*everything, days=days)}) == {"m": ["control_plane", "kubelet", "kubectl"]}


@pytest.mark.parametrize("path", [path for path in FILES if path not in AUTHORITIES and path != KUBELET_KUBECONFIG])
def test_one_that_is_due_brings_its_own_part_alone(path: str) -> None:
    part = "control_plane" if path in CONTROL_PLANE else "kubelet" if path in KUBELET else "kubectl"
    assert due({"m": machine(path, days=-1), "n": machine()}) == {"m": [part]}


def test_the_machines_own_clock_counts() -> None:
    assert due({"m": machine(clock=NOW + YEAR)}) == {"m": ["control_plane", "kubelet", "kubectl"]}


def test_a_worker_has_a_kubelet_only() -> None:
    assert due({"n": only(machine(*KUBELET, days=-1), *ON_WORKER)}) == {"n": ["kubelet"]}


@pytest.mark.parametrize(
    ("path", "held", "parts"),
    [
        (CONTROL_PLANE[0], NotObserved("damaged"), ["control_plane"]),
        (CONTROL_PLANE[0], (), ["control_plane"]),
        ("/etc/kubernetes/admin.conf", (), ["control_plane"]),
        (KUBELET[0], NotObserved("damaged"), ["kubelet"]),
        (KUBELET_KUBECONFIG, (), []),
        (KUBELET_KUBECONFIG, (Validity(0, NOW),), ["kubelet"]),
        (KUBECTL[1], NotObserved("damaged"), []),
        (KUBECTL[1], (), []),
        (AUTHORITIES[0], NotObserved("damaged"), []),
    ],
)
def test_a_file_that_is_damaged_or_holds_none(path: str, held: Any, parts: list[str]) -> None:
    one = machine()
    spoiled = NodeCertificates(NOW, False, {**one.files, path: held})
    assert due({"m": spoiled}) == ({"m": parts} if parts else {})


@pytest.mark.parametrize("files", [(), CONTROL_PLANE[:9], KUBELET, (*AUTHORITIES, *CONTROL_PLANE[:3])])
def test_what_kubeadm_has_not_finished_is_its_own_to_mend(files: tuple[str, ...]) -> None:
    half = NodeCertificates(NOW, True, {path: NotObserved("half") for path in files})
    assert due({"m": half}) == {}
    assert trouble({"m": half}) is None


def test_a_renewal_that_was_cut_off_is_done_again() -> None:
    assert due({"m": machine(unfinished=True)}) == {"m": ["control_plane", "kubelet"]}


def test_what_could_not_be_seen_is_not_judged() -> None:
    assert due({"m": NotObserved("no answer")}) == {}
    assert trouble({"m": NotObserved("no answer")}) is None
    assert days_left({"m": NotObserved("no answer")}) is None


def test_an_expired_authority_cannot_be_renewed() -> None:
    found = trouble({"m": machine(AUTHORITIES[1], days=0)})
    assert found is not None
    assert f"{AUTHORITIES[1]} on m, has expired on 2033-05-18 03:33:20 UTC" in found.message
    assert found.hint == "labctl destroy && labctl up"
    assert trouble({"m": machine(*AUTHORITIES, days=1)}) is None


def test_a_clock_that_is_behind_is_told_as_such() -> None:
    found = trouble({"m": machine(), "n": machine(clock=NOW - YEAR - 3600)})
    assert found is not None
    assert "the clock of n is behind: it says 2032-05-18 02:33:20 UTC" in found.message
    assert "valid only from 2032-05-18 03:33:20 UTC on" in found.message
    # Machines differ by seconds, and the authority is as old as the cluster.
    assert trouble({"n": machine(clock=NOW - YEAR - 60)}) is None


def told(days: float, *, clock: int = NOW, paths: tuple[str, ...] = FILES) -> bytes:
    """What a node says of itself, but for its authorities: everything ends in so many days."""
    files = {path: [[NOW - YEAR, NOW + int((3650 if path in AUTHORITIES else days) * DAY)]] for path in paths}
    return json.dumps({"clock": clock, "unfinished": False, "files": files}).encode()


@pytest.fixture
def aged(bench: Bench) -> Bench:
    """A lab that is up; its certificates end in 29 days, on the master and node-1 only."""
    walk(UP, bench.lab, "run-1")
    bench.lab.workspace.kubeconfig.write_text(
        kubeconfig("kubernetes-admin", certificate(until=UNTIL.replace(year=2090)))
    )
    for node in bench.lab.plan.nodes:
        master = node.role == "control-plane"
        days = 29 if node.name in ("k8s-master", "node-1") else 300
        paths = FILES if master else ON_WORKER
        bench.world.files[f"nodes/{node.name}/{CERTIFICATES_FILE}"] = told(days, paths=paths)
    bench.lab.changed()
    bench.playbooks.runs.clear()
    bench.told.events.clear()
    return bench


def renewing(bench: Bench, days: float = 365) -> None:
    """From now on the role renews."""

    def renew(*_: object, **__: object) -> Any:
        for key in list(bench.world.files):
            if key.endswith(CERTIFICATES_FILE):
                bench.world.files[key] = told(days, paths=FILES if "k8s-master" in key else ON_WORKER)
        return run(*_, **__)

    run = bench.playbooks.run
    bench.playbooks.run = renew  # type: ignore[method-assign]


def started(bench: Bench) -> list[str]:
    return [event.step for event in bench.told.events if isinstance(event, StepStarted)]


def test_up_renews_what_is_due_and_looks_anew(aged: Bench) -> None:
    renewing(aged)
    walk(UP, aged.lab, "run-2", Range(last="workers"))
    assert started(aged) == ["certificates"]
    assert aged.playbooks.runs == ["certificates"]
    assert aged.playbooks.variables["certificates_due"] == {
        "k8s-master": ["control_plane", "kubelet", "kubectl"],
        "node-1": ["kubelet"],
    }
    # This computer's kubeconfig is the master's new one, and wait_ready does not believe what the API remembers.
    assert "server: https://127.0.0.1:" in aged.lab.workspace.kubeconfig.read_text()
    assert aged.lab.shaken


def test_a_second_up_has_nothing_to_renew(aged: Bench) -> None:
    renewing(aged)
    walk(UP, aged.lab, "run-2", Range(last="workers"))
    aged.told.events.clear()
    assert not walk(UP, aged.lab, "run-3", Range(last="certificates"))
    reasons = [event.reason for event in aged.told.events if isinstance(event, StepSkipped)]
    assert reasons[-1] == "the certificates are good for 365 days"


def test_what_is_not_good_afterwards_is_an_error(aged: Bench) -> None:
    renewing(aged, days=1)
    with pytest.raises(
        ToolError, match=r"not good although they were renewed \(k8s-master: control_plane, kubelet"
    ) as caught:
        walk(UP, aged.lab, "run-2")
    assert "check-expiration" in (caught.value.hint or "")


def test_trouble_is_told_by_the_step_and_nothing_is_renewed(aged: Bench) -> None:
    aged.world.files[f"nodes/node-2/{CERTIFICATES_FILE}"] = told(300, clock=NOW - 2 * YEAR)
    aged.lab.changed()
    with pytest.raises(ToolError, match="the clock of node-2 is behind"):
        walk(UP, aged.lab, "run-2")
    assert aged.playbooks.runs == []


def test_without_certificates_or_an_answer_there_is_nothing_to_do(bench: Bench) -> None:
    walk(UP, bench.lab, "run-1", Range(last="create_machines"))
    assert certificates.STEP.skip_reason(bench.lab) == "there are no certificates yet"
    bench.world.files[f"nodes/node-1/{CERTIFICATES_FILE}"] = told(300)
    bench.world.running.remove("k8s-master")
    reason = certificates.STEP.skip_reason(bench.lab)
    assert reason == "what could be seen is not near its end (k8s-master cannot be reached over SSH)"
    bench.world.running.clear()
    reason = certificates.STEP.skip_reason(bench.lab)
    assert reason == "no certificate can be seen: k8s-master cannot be reached over SSH"


CUT_OFF = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


@pytest.mark.parametrize(
    "text",
    [
        kubeconfig("kubernetes-admin", certificate()),
        f"- name: kubernetes-admin\n  client-certificate-data: {CUT_OFF}\n",
        "- name: kubernetes-admin\n  client-certificate-data: LS0tL\n",
    ],
    ids=["expired", "cut off", "no base64"],
)
def test_a_kubeconfig_of_this_computer_alone_is_fetched_without_ansible(aged: Bench, text: str) -> None:
    renewing(aged)
    walk(UP, aged.lab, "run-2", Range(last="certificates"))
    aged.playbooks.runs.clear()
    aged.lab.workspace.kubeconfig.write_text(text)
    assert walk(UP, aged.lab, "run-3", Range(last="certificates"))
    assert aged.playbooks.runs == []
    assert "server: https://127.0.0.1:" in aged.lab.workspace.kubeconfig.read_text()


def noted(days: float | None, **others: Any) -> Snapshot:
    """A snapshot of today whose first certificate ends in so many days."""
    until = None if days is None else int(time.time() + days * DAY)
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    told = {"created": created, "certificates_until": until, **others}
    return Snapshot("ready", "77", "plan", "tutorial", "v1.21.1", ("k8s-master",), size=1, checksum="", **told)


def test_what_a_snapshot_notes_of_its_certificates_is_taken_for_it(aged: Bench) -> None:
    assert certificates.vouched(aged.lab, noted(31))
    aged.lab.certificates_until = noted(31.5).certificates_until
    before = aged.world.looks
    assert certificates.STEP.skip_reason(aged.lab) == "the snapshot's certificates are good for 31 days"
    assert aged.world.looks == before


@pytest.mark.parametrize(
    "snapshot",
    [noted(29), noted(-1), noted(None), noted(300, created="2090-01-01T00:00:00+00:00")],
    ids=["near", "past", "unknown", "clock-set-back"],
)
def test_otherwise_its_machines_are_asked(aged: Bench, snapshot: Snapshot) -> None:
    assert not certificates.vouched(aged.lab, snapshot)


def test_so_they_are_where_this_computers_kubeconfig_is_due(aged: Bench) -> None:
    aged.lab.workspace.kubeconfig.write_text(kubeconfig("kubernetes-admin", certificate()))
    assert not certificates.vouched(aged.lab, noted(300))


def test_until_when_certificates_are_good_is_known_of_all_machines_or_not_at_all() -> None:
    everything = [path for path in FILES if path not in AUTHORITIES]
    master, worker = machine(*everything, days=300), only(machine(*KUBELET, days=200), *ON_WORKER)
    assert good_until({"k8s-master": master, "node-1": worker}) == NOW + 200 * DAY
    assert good_until({"k8s-master": master, "node-1": NotObserved("node-1 gave no answer")}) is None
    assert good_until({"k8s-master": machine(*everything, days=29)}) is None
    assert good_until({}) is None


def test_every_way_back_to_a_running_lab_renews_before_it_asks_the_api() -> None:
    for recipe in (UP, RESUME, reset("ready")):
        ids = [step.id for step in recipe]
        place = ids.index("certificates")
        assert ids[place - 1] in ("create_machines", "restore_machines")
        assert not {"control_plane", "wait_ready"} & set(ids[:place])
