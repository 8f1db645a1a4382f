"""scrub(): every kind of secret goes, from whatever it stands in; what claims read stays as it is, byte by byte."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from planted import CERTIFICATE, HIDDEN, SECRETS

from labctl.checks import judge
from labctl.checks.recorded import plan_of
from labctl.collect.scrub import scrub
from labctl.facts import Facts
from labctl.facts.recording import read_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
KINDS = pytest.mark.parametrize("kind", SECRETS)
# What a secret may stand in: content before and after it, each form as bytes.
FORMS = {
    "itself": lambda text: text,
    "a log": lambda text: f"one line\n{text}\nanother line\n",
    "an answer": lambda text: json.dumps({"items": [{"metadata": {"name": "x"}, "data": {"file": text}}]}),
    "an answer cut off": lambda text: json.dumps({"items": [{"data": {"file": text}}, {"metadata": 1}]})[:-9],
    "JSON in an annotation": lambda text: json.dumps({"last-applied": json.dumps({"data": {"x": text}})}),
    "lines of JSON": lambda text: json.dumps({"event": "x", "said": text}) + '\n{"event": "y"}\n',
}


@KINDS
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_gone_whatever_it_stands_in(kind: str, form: str) -> None:
    content = FORMS[form](SECRETS[kind].text)
    clean = scrub(content.encode()).decode()
    assert [piece for piece in SECRETS[kind].hidden if piece in clean] == []
    assert clean != content


@KINDS
def test_cleaning_again_changes_nothing(kind: str) -> None:
    once = scrub(SECRETS[kind].text.encode())
    assert scrub(once) == once


@KINDS
def test_json_stays_json_and_what_stands_beside_the_secret_stays(kind: str) -> None:
    content = {"kind": "ConfigMapList", "items": [{"data": {"a": SECRETS[kind].text}}, {"data": {"b": CERTIFICATE}}]}
    clean = json.loads(scrub(json.dumps(content).encode()))
    assert clean["items"][1] == content["items"][1]
    assert clean["kind"] == "ConfigMapList"


@KINDS
def test_lines_beside_it_stay(kind: str) -> None:
    clean = scrub(f"ActiveState=active\nSubState=running\n\n{SECRETS[kind].text}\n\nUnitFileState=enabled\n".encode())
    assert clean.startswith(b"ActiveState=active\nSubState=running\n\n")
    assert clean.endswith(b"\n\nUnitFileState=enabled\n")


def test_the_secrets_planted_are_there_to_be_found() -> None:
    """The tests above can fail: without scrub() each piece is found."""
    planted = "\n".join(secret.text for secret in SECRETS.values())
    assert [piece for piece in HIDDEN if piece not in planted] == []


HARMLESS = [
    CERTIFICATE,
    "kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --tls-private-key-file=/x --node-ip=1.2.3.4",
    "automountServiceAccountToken: false",
    '{"automountServiceAccountToken": false, "volumes": [{"secret": {"secretName": "weave-net-token-x"}}]}',
    '{"imageID": "docker-pullable://weave@sha256:0123", "name": "weave-net-token-x"}',
    "authorization:\n  mode: Webhook\n",
    "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
    "https://192.168.50.10:6443/api?x=1",
    "PASSWORD=",
    "[]",
    "",
]


@pytest.mark.parametrize("content", HARMLESS, ids=range(len(HARMLESS)))
def test_what_is_no_secret_stays(content: str) -> None:
    assert scrub(content.encode()) == content.encode()


def test_what_follows_a_secret_on_its_line_stays() -> None:
    line = b"kubelet --token=hunter2 --config=/x WEAVE_PASSWORD=hunter2 KUBELET_ARGS=--network-plugin=cni"
    assert scrub(line) == line.replace(b"hunter2", b"REMOVED")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00junk", b"{" * 5000, b"[" * 200_000, b"{\xff: 1}", b'{"a": NaN}'])
def test_junk_is_no_error(content: bytes) -> None:
    assert scrub(content) == content


def test_the_home_folder_names_its_user() -> None:
    content = b"/home/al/labs and /home/alice/labs, /home/al\n"
    assert scrub(content, "/home/al") == b"~/labs and /home/alice/labs, ~\n"
    assert scrub(b"/root/x /x", "/root") == b"/root/x /x"


@pytest.mark.parametrize("name", [path.name for path in sorted(RECORDINGS.glob("*.tar.gz"))])
def test_recordings_hold_no_secret_and_stay_as_they_are(name: str) -> None:
    with tarfile.open(RECORDINGS / name) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                data = content.read()
                assert scrub(data) == data, member.name


@pytest.mark.parametrize("name", [path.name for path in sorted(RECORDINGS.glob("*.tar.gz"))])
def test_claims_are_judged_as_before(name: str) -> None:
    """With secrets in every file that may hold one, the cleaned recording comes to the same results."""
    text = "\n\n".join(secret.text for secret in SECRETS.values())
    files = {key: planted(key, data, text) for key, data in read_recording(RECORDINGS / name).items()}
    clean = {key: scrub(data) for key, data in files.items()}
    assert clean != files
    assert outcomes(clean) == outcomes(files)


def planted(key: str, data: object, text: str) -> bytes:
    assert isinstance(data, bytes)
    if "status" in key:
        return data + b"\n" + text.encode()  # the journal's part of it
    if not key.endswith(".json"):
        return data
    answer = json.loads(data)
    if isinstance(answer, dict):
        answer["said"] = text
    return json.dumps(answer).encode()


def outcomes(files: dict[str, bytes]) -> list[object]:
    facts = Facts.from_files(files, "recording")
    report = judge(plan_of(files, facts), facts)
    return [(r.check.id, r.scope, r.outcome, r.actual, r.why, r.because) for r in report.results]
