"""The file of a node's certificates, from anybody: facts, or a reason why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labctl.facts import Facts, NotObserved
from labctl.facts.certificates import CERTIFICATES_FILE, NodeCertificates, Validity

CA = "/etc/kubernetes/pki/ca.crt"
ADMIN = "/etc/kubernetes/admin.conf"


def read(content: object) -> NodeCertificates | NotObserved:
    files = {f"nodes/a/{CERTIFICATES_FILE}": content if isinstance(content, bytes) else json.dumps(content).encode()}
    return Facts.from_files(files, "recording").machine("a").certificates


def test_what_a_node_tells() -> None:
    told = {"clock": 50, "unfinished": True, "files": {CA: [[1, 99]], ADMIN: "it is damaged: cut off"}}
    assert read(told) == NodeCertificates(
        50, True, {CA: (Validity(1, 99),), ADMIN: NotObserved(f"{ADMIN}: it is damaged: cut off")}
    )


def test_only_files_that_a_cluster_has_are_kept() -> None:
    assert read({"clock": 50, "files": {"/etc/passwd": [[1, 2]]}}) == NodeCertificates(50, False, {})


def test_a_recording_of_an_older_labctl_tells_nothing_of_them() -> None:
    found = Facts.from_files({"nodes/a/host.txt": b"host"}, "recording").machine("a").certificates
    assert found == NotObserved(f"nodes/a/{CERTIFICATES_FILE} was not collected")
    assert isinstance(found, NotObserved)
    assert found.absent


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"sh: 1: /usr/bin/python3: not found", "is not JSON but says: sh: 1: /usr/bin/python3: not found"),
        ([], "not an object"),
        ({}, "clock of nodes/a/certificates.json is null"),
        ({"clock": True}, "clock of nodes/a/certificates.json is true or false"),
        ({"clock": 1e99}, "clock of nodes/a/certificates.json is a float"),
        ({"clock": 10**40}, "is no time"),
        ({"clock": -1}, "is no time"),
        ({"clock": 5, "files": []}, "files of nodes/a/certificates.json is a list"),
        ({"clock": 5, "unfinished": "no"}, "unfinished of nodes/a/certificates.json is a text"),
        ({"clock": 5, "files": {CA: {}}}, f"{CA} is an object"),
        ({"clock": 5, "files": {CA: [5]}}, f"{CA} is a number"),
        ({"clock": 5, "files": {CA: [[5]]}}, f"{CA} does not have two times"),
        ({"clock": 5, "files": {CA: [[5, "6"]]}}, f"a time of {CA} is a text"),
        ({"clock": 5, "files": {CA: [[5, 10**20]]}}, "is no time"),
    ],
)
def test_what_is_no_answer(content: Any, reason: str) -> None:
    found = read(content)
    assert isinstance(found, NotObserved)
    assert reason in found.reason
