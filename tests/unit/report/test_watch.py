"""What is shown while claims are waited for: drawn over on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import re

import pytest

from labctl.checks import CheckReport
from labctl.report.watch import watching
from tests.reports import Terminal, hostile, report

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def watch(stream: io.StringIO, *reports: CheckReport) -> str:
    ticks = iter(range(1000))
    with watching(stream, 600, clock=lambda: float(next(ticks))) as show:
        for each in reports:
            show(each)
    return stream.getvalue()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "20"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_plain_lines_name_what_is_waited_for() -> None:
    stopped = report("kubelet-stopped-on-node-2")
    assert watch(io.StringIO(), stopped, stopped, report("coredns-one-replica"), report("healthy")).splitlines() == [
        "verify: waiting for kubelet.service (node-2)",
        "verify: waiting for coredns.deployment",
        "verify: every claim holds",
    ]


def test_a_terminal_shows_what_does_not_hold_first_and_as_much_as_fits(terminal: Terminal) -> None:
    shown = CODES.sub("", watch(terminal, report("kubelet-stopped-on-node-2"))).splitlines()
    assert shown[0] == "waiting for kubelet.service (node-2), after 1.0 s of at most 10 min 00 s; Ctrl-C ends it"
    assert "7 FAIL" in shown[1]
    assert [line.split()[0] for line in shown[2:10]] == ["FAIL"] * 7 + ["DRIFT"]
    assert next(number for number, line in enumerate(shown) if re.fullmatch(r"and \d+ more", line)) < 19
    assert all(len(line) < 100 for line in shown)


def test_the_terminal_is_left_as_it_was(terminal: Terminal) -> None:
    with pytest.raises(KeyboardInterrupt), watching(terminal, 600) as show:
        show(report("kubelet-stopped-on-node-2"))
        raise KeyboardInterrupt
    text = terminal.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert text.rindex("\x1b[?25h") > text.rindex("FAIL")
    # What was drawn is wiped: each of its lines is erased.
    assert text.rsplit("FAIL", 1)[1].count("\x1b[2K") >= 10


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")], ids=lambda pair: pair[0])
def test_a_user_who_wants_plain_lines_gets_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]
) -> None:
    monkeypatch.setenv(*variable)
    assert "\x1b" not in watch(terminal, report("healthy"))


def test_a_hostile_lab_moves_no_cursor(terminal: Terminal) -> None:
    assert not set(CODES.sub("", watch(terminal, hostile(), hostile()))) & set("\x00\x1b\x9b\u202e\ud800\uffff")
