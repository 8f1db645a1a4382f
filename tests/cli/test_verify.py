"""`labctl verify` and `labctl claims` as typed: output, exit codes, and how quick and light judging a recording is."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.checks import CheckReport, judge
from labctl.cli import labctl, run
from labctl.cli.verify import WATCH_SECONDS, verify
from labctl.facts import Facts, Unavailable
from labctl.plan import default_plan
from labctl.report.outputs import FORMS

RECORDINGS = Path(__file__).parents[1] / "recordings"
HEALTHY = str(RECORDINGS / "healthy.tar.gz")
STOPPED = str(RECORDINGS / "kubelet-stopped-on-node-2.tar.gz")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--from", HEALTHY], 0),
        (["--from", HEALTHY, "--strict"], 1),
        (["--from", HEALTHY, "--strict", "--only", "weave-net.*"], 0),
        (["--from", STOPPED], 1),
        (["--from", STOPPED, "--only", "weave-net.pods"], 0),
        (["--from", HEALTHY, "--only", "nothing.*"], 2),
        (["--from", HEALTHY, "--name", "tutorial"], 2),
        (["--from", HEALTHY, "--deep"], 2),
        (["--from", "/no/such/recording"], 2),
        (["--from", HEALTHY, "-o", "yaml"], 2),
        *((["--from", HEALTHY, "-o", form], 0) for form in FORMS),
        *((["--from", STOPPED, "-o", form], 1) for form in FORMS),
        (["--from", HEALTHY, "--wait", "1"], 2),
        (["--from", HEALTHY, "--watch"], 2),
        (["--wait", "-1"], 2),
        (["--wait", "soon"], 2),
        (["--from", __file__], 4),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(labctl, ["verify", *arguments]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_claim_that_cannot_be_looked_at_and_none_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tarfile.open(HEALTHY) as archive:
        archive.extractall(tmp_path, filter="data")
    nodes = tmp_path / "healthy/api/api_v1_nodes.json"
    nodes.write_bytes(nodes.read_bytes()[:5000])
    assert run(labctl, ["verify", "--from", str(tmp_path / "healthy")]) == 4
    out = capsys.readouterr().out
    assert "ERROR  nodes.members" in out
    assert "could not look        api/api_v1_nodes.json is cut off" in out


def test_json_is_the_whole_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(labctl, ["verify", "--from", STOPPED, "-o", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["outcome"] == "fail"
    assert {c["because"]["check"] for c in data["checks"] if c["because"]} == {"kubelet.service"}


def live_report(*_arguments: object, **_how: object) -> CheckReport:
    files = {f"api/{name}.json": Unavailable("refused") for name in ("api_v1_nodes", "version")}
    return judge(default_plan(), Facts.from_files(files, "live"))


def test_the_live_lab_is_what_is_judged_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("labctl.app.verify_live", live_report)
    assert run(labctl, ["verify"]) == 4
    assert "the lab tutorial could not be looked at" in capsys.readouterr().out


def test_the_forms_that_are_offered_are_those_there_are() -> None:
    (option,) = (each for each in verify.params if each.name == "output")
    assert option.type.choices == tuple(FORMS)


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [([], 0), (["--wait", "7"], 7), (["--watch"], WATCH_SECONDS), (["--watch", "--wait", "7"], 7)],
)
def test_how_long_a_live_lab_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], seconds: int
) -> None:
    given: list[float] = []

    def look(*_arguments: object, deep: bool, seconds: float, tell: Callable[[CheckReport], None]) -> CheckReport:
        given.append(seconds)
        tell(live_report())
        return live_report()

    monkeypatch.setattr("labctl.app.verify_live", look)
    assert run(labctl, ["verify", *arguments, "-o", "json"]) == 4
    assert given == [seconds]
    captured = capsys.readouterr()
    assert json.loads(captured.out)["outcome"] == "error"
    assert captured.err.startswith("verify: waiting for nodes.members") == ("--watch" in arguments)
    assert bool(captured.err) == ("--watch" in arguments)


@pytest.mark.parametrize("arguments", [["--watch"], ["--wait", "600"]])
def test_ctrl_c_ends_the_wait_and_leaves_the_terminal_whole(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom labctl import app\nfrom labctl.checks import judge_recording\n"
        "from labctl.cli import labctl, run\n"
        "class Lab:\n"
        f"    def claims(self, *_, deep): print('looked', flush=True); return judge_recording(Path({STOPPED!r}))\n"
        "    def changed(self): pass\n"
        "app.existing = lambda name, file: Lab()\n"
        f"sys.exit(run(labctl, ['verify', *{arguments!r}]))\n"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
    )
    os.close(theirs)
    assert process.stdout is not None
    # The second look comes only after the first was shown.
    assert [process.stdout.readline() for _ in range(2)] == [b"looked\n"] * 2
    process.send_signal(signal.SIGINT)
    shown = _until_closed(ours)
    assert process.wait(60) == 130
    process.stdout.close()
    assert b"Interrupted" in shown
    assert shown.count(b"\x1b[?25l") == shown.count(b"\x1b[?25h") == ("--watch" in arguments)
    assert (b"kubelet.service" in shown) == ("--watch" in arguments)


def _until_closed(terminal: int) -> bytes:
    """Everything that is written to a terminal until nobody has it open; Linux says so by EIO."""
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError as error:
        assert error.errno == errno.EIO
    os.close(terminal)
    return shown


def test_claims_lists_and_explains(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(labctl, ["claims"]) == 0
    assert "kubelet.service" in capsys.readouterr().out
    assert run(labctl, ["claims", "kubelet.service"]) == 0
    out = capsys.readouterr().out
    for words in ("systemctl status kubelet", "10-kubeadm.conf", "how to break it", "labctl up --from kube_packages"):
        assert words in out
    assert run(labctl, ["claims", "kubelet.servic"]) == 2
    assert "did you mean kubelet.service?" in capsys.readouterr().err


def test_judging_a_recording_imports_nothing_that_talks_to_a_cluster() -> None:
    script = (
        "import sys\nfrom labctl.cli import labctl, run\n"
        f"code = run(labctl, ['verify', '--from', {HEALTHY!r}, '-o', 'json'])\n"
        "heavy = {'kubernetes', 'ansible_runner', 'vagrant', 'httpx', 'pydantic', 'jinja2', 'rich', 'labctl.app'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\nsys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
