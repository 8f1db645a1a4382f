"""The claims table and the JSON form, from the recordings' reports."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from labctl.checks import CheckReport, Outcome
from labctl.report.console import print_report
from labctl.report.json import render_json
from tests.reports import NAMES, Terminal, hostile, report


def table(judged: CheckReport, stream: io.StringIO, *, wide: bool = False) -> str:
    print_report(judged, stream, wide=wide)
    return stream.getvalue()


def test_every_claim_has_a_line_and_a_cause_has_its_details() -> None:
    judged = report("kubelet-stopped-on-node-2")
    lines = table(judged, io.StringIO()).splitlines()
    for result in judged.results:
        assert any(line.startswith(result.outcome.name) and result.check.id in line for line in lines)
    start = next(i for i, line in enumerate(lines) if line.startswith("FAIL   kubelet.service"))
    assert "node-2" in lines[start]
    assert lines[start + 1] == "       you would type        systemctl status kubelet"
    assert lines[start + 2 : start + 13] == [
        "       the tutorial shows    Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; …)",
        "                             Drop-In: /etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "                             Active: active (running)",
        "                             Docs: https://kubernetes.io/docs/home/",
        "       this lab shows        Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; …)",
        "                             Drop-In: /etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "                             Active: inactive (dead)",
        "                                     ^^^^^^^^ ^^^^^^",
        "                             Docs: https://kubernetes.io/docs/home/",
        "       what is wrong         active is inactive (dead), not active (running)",
        "       fix                   labctl up --from kube_packages",
    ]
    assert sum("you would type" in line for line in lines) == 1
    assert lines[-1].endswith("the recording does not hold every claim: 1 cause to look at")


def test_a_plain_stream_gets_no_colour_and_a_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    judged = report("healthy")
    assert "\x1b" not in table(judged, io.StringIO())
    shown = table(judged, Terminal())
    assert "\x1b[32mPASS" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in table(judged, Terminal())


def test_lines_are_wrapped_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert max(map(len, table(report("healthy"), Terminal()).splitlines())) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_wide_shows_both_outputs_of_every_claim(name: str) -> None:
    judged = report(name)
    *blocks, summary = table(judged, io.StringIO(), wide=True).split("\n\n")
    assert summary.count("\n") == 1
    told = {(block.split()[0], block.split()[1]): block for block in blocks}
    assert set(told) == {(result.outcome.name, result.check.id) for result in judged.results}
    for (outcome, claim), block in told.items():
        result = next(each for each in judged.results if (each.outcome.name, each.check.id) == (outcome, claim))
        assert block.splitlines()[0].endswith(f"[{result.check.source}]")
        assert "\n       you would type        " in block
        assert "\n       the tutorial shows    " in block
        assert ("\n       this lab shows        " in block) == (outcome != "SKIP")
        assert (f"\n       fix                   {result.fix}" in block) == (outcome == "FAIL")


def test_colours_mark_what_differs_and_carets_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.delenv("NO_COLOR", raising=False)
    judged = report("kubelet-stopped-on-node-2")
    shown = table(judged, Terminal(), wide=True)
    assert "Active: \x1b[1;33minactive\x1b[0m \x1b[1;33m(dead)\x1b[0m" in shown
    assert "^" not in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert "^^^^^^^^ ^^^^^^" in table(judged, Terminal(), wide=True)
    monkeypatch.setenv("TERM", "dumb")
    lines = table(judged, Terminal(), wide=True).splitlines()
    marked = next(number for number, line in enumerate(lines) if line.endswith("Active: inactive (dead)"))
    assert lines[marked + 1].endswith("        ^^^^^^^^ ^^^^^^")
    # A marked part that is cut at the terminal's edge is marked in both lines.
    cut = next(number for number, line in enumerate(lines) if line.endswith("Debian GNU/Linux 12 (bookworm)"))
    assert max(map(len, lines)) < 90
    assert "^^^" in lines[cut + 1]


def test_nothing_that_a_recording_says_reaches_the_terminal_as_a_command() -> None:
    judged = report("coredns-one-replica")
    evil = tuple(
        replace(r, why="\x1b[2J\x9b31m\u202e\ud800[red]x[/red]\nnext", fix="a\rb") if r.outcome is Outcome.FAIL else r
        for r in judged.results
    )
    text = table(replace(judged, results=evil), io.StringIO())
    assert not set(text) & set("\x1b\x9b\u202e\ud800\r")
    assert "[red]x[/red] next" in text


def test_a_hostile_lab_moves_no_cursor_in_wide_either() -> None:
    text = table(hostile(), io.StringIO(), wide=True)
    assert "leak" in text
    assert not set(text) & set("\x00\x1b\x9b\u202e\ud800\uffff")


def test_a_stream_without_our_letters_is_no_error() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    print_report(report("kubelet-stopped-on-node-2"), stream)
    assert b"FAIL   kubelet.service" in raw.getvalue()


def test_the_json_form_is_the_contracts() -> None:
    data = json.loads(render_json(report("coredns-one-replica")))
    assert list(data) == ["schema", "lab", "source", "tutorial", "outcome", "seconds", "counts", "checks"]
    assert data["schema"] == "labctl.verify/v1"
    assert (data["lab"], data["source"], data["outcome"]) == ("tutorial", "recording", "fail")
    assert data["tutorial"] == {"kubernetes": "v1.21.1"}
    assert list(data["counts"]) == ["pass", "drift", "fail", "error", "skip"]
    assert sum(data["counts"].values()) == len(data["checks"]) == 78
    keys = ["id", "scope", "title", "outcome", "expected", "actual", "why", "fix", "because", "command", "source"]
    assert all(list(check) == keys for check in data["checks"])
    endpoints = next(check for check in data["checks"] if check["id"] == "coredns.endpoints")
    assert endpoints["because"] == {"check": "coredns.deployment", "scope": "lab"}
    assert endpoints["fix"] == "kubectl -n kube-system scale deployment coredns --replicas=2"
    assert endpoints["source"] == "Part 3, CoreDNS"
    assert endpoints["expected"]["addresses"] == 2


def test_json_survives_odd_letters() -> None:
    judged = report("healthy")
    odd = replace(judged, results=(replace(judged.results[0], actual="\ud800\x00"),))
    assert json.loads(render_json(odd))["checks"][0]["actual"] == "\ud800\x00"
    assert render_json(odd).isascii()
