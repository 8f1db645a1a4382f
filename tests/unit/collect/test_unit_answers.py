"""systemctl's answers for several units at once become the files that each unit alone would have given."""

from __future__ import annotations

import pytest

from labctl.collect.units import SHOW, STATUS, by_unit
from labctl.facts import NotObserved, Unavailable
from labctl.facts.model import UNITS
from labctl.facts.units import parse_show
from tests.fakes import recording

RECORDINGS = ("healthy", "kubelet-stopped-on-node-2", "weave-net-missing-on-node-3")
NODES = [(name, node) for name in RECORDINGS for node in ("k8s-master", "node-1", "node-2", "node-3")]
HEALTHY = ("healthy", "node-1")


def alone(machine: tuple[str, str], answer: str) -> dict[str, bytes]:
    """The files of one answer of a machine of a recording."""
    name, node = machine
    files = recording(name)
    return {f"n/{answer}-{unit}.txt": files[f"nodes/{node}/{answer}-{unit}.txt"] for unit in UNITS}


def taken_apart(shown: bytes, stated: bytes) -> dict[str, bytes | Unavailable]:
    return by_unit({f"n/{SHOW}": shown, f"n/{STATUS}": stated}, "n")


@pytest.mark.parametrize("machine", NODES, ids="-".join)
def test_every_unit_has_what_it_alone_would_have_said(machine: tuple[str, str]) -> None:
    show, status = alone(machine, SHOW), alone(machine, STATUS)
    assert taken_apart(b"\n".join(show.values()), b"\n".join(status.values())) == show | status


def test_in_the_language_c_bullets_are_stars() -> None:
    status = {key: text.replace("●".encode(), b"*", 1) for key, text in alone(HEALTHY, STATUS).items()}
    found = taken_apart(b"", b"\n".join(status.values()))
    assert {key: found[key] for key in status} == status


def test_a_masked_unit_has_no_description_and_one_that_is_not_there_no_header() -> None:
    status = alone(HEALTHY, STATUS)
    masked = b"* docker.socket\n     Loaded: masked (Reason: Unit docker.socket is masked.)\n     Active: inactive\n"
    kubelet, docker, _, _ = status.values()
    found = taken_apart(b"", b"\n".join((kubelet, docker, masked)) + b"Unit containerd.service could not be found.\n")
    assert list(found.values())[4:] == [kubelet, docker, masked, b"Unit containerd.service could not be found.\n"]


def test_lines_of_the_journal_are_no_headers() -> None:
    kubelet = b"* kubelet.service - kubelet\n\nNov 27 01:19:45 node-1 systemd[1]: Started docker.service - Docker.\n"
    assert taken_apart(b"", kubelet)[f"n/{STATUS}-kubelet.service.txt"] == kubelet


@pytest.mark.parametrize("said", [b"\n", b"Failed to connect to bus: No such file or directory\n"])
def test_what_is_no_answer_is_told_of_each(said: bytes) -> None:
    assert set(taken_apart(said, said).values()) == {said}


def test_a_show_that_is_cut_off_is_nobodys() -> None:
    whole = b"\n".join(alone(HEALTHY, SHOW).values())
    found = taken_apart(whole[: len(whole) // 2], b"")
    for unit in UNITS:
        text = found[f"n/{SHOW}-{unit}.txt"]
        assert isinstance(text, bytes)
        assert isinstance(parse_show(text.decode(), unit), NotObserved)


def test_a_status_that_is_cut_off_lacks_its_end_only() -> None:
    status = alone(HEALTHY, STATUS)
    last = f"n/{STATUS}-{UNITS[-1]}.txt"
    found = taken_apart(b"", b"\n".join(status.values())[:-30])
    assert {key: found[key] for key in status} == status | {last: status[last][:-30]}


def test_a_node_that_does_not_answer_has_no_unit() -> None:
    reason = Unavailable("node-1 cannot be reached over SSH")
    found = by_unit({f"n/{SHOW}": reason, f"n/{STATUS}": reason}, "n")
    assert list(found.values()) == [reason] * (2 * len(UNITS))
