"""A run of a recipe: one at a time, its end noted however it ends, and what a killed one left is ended first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labctl.adapters import survivors
from labctl.adapters.process import MARK
from labctl.errors import ExitCode, LockedError, ToolError
from labctl.events import Note
from labctl.steps.session import Session, session
from labctl.workspace import Workspace
from tests.fakes import Recorder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace("lab", base=tmp_path)


def outcomes(workspace: Workspace) -> list[str | None]:
    return [run.outcome for run in workspace.journal.runs()]


def run(workspace: Workspace, told: Recorder | None = None, raising: BaseException | None = None) -> Session:
    with session(workspace, "up", lambda _: told or Recorder()) as running:
        if raising is not None:
            raise raising
    return running


def notes(told: Recorder) -> list[str]:
    return [event.text for event in told.events if isinstance(event, Note)]


def test_a_run_is_noted_with_its_process(workspace: Workspace) -> None:
    with session(workspace, "up", lambda _: Recorder()) as running:
        (noted,) = workspace.journal.runs()
        assert (noted.id, noted.command, noted.pid, noted.outcome) == (running.run_id, "up", os.getpid(), None)
        assert abs(noted.started - (survivors.process_started(os.getpid()) or 0)) < 1
    assert outcomes(workspace) == ["done"]


def test_the_reporter_gets_the_runs_log(workspace: Workspace) -> None:
    logs: list[Path] = []

    def reporter(log: Path) -> Recorder:
        logs.append(log)
        return Recorder()

    with session(workspace, "up", reporter) as running:
        assert logs == [running.log] == [workspace.logs / f"{running.run_id}.log"]


@pytest.mark.parametrize(
    ("raising", "outcome"),
    [
        (ToolError("vagrant failed"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("a defect"), "defect"),
    ],
)
def test_the_outcome_is_noted_however_it_ends(workspace: Workspace, raising: BaseException, outcome: str) -> None:
    with pytest.raises(type(raising)):
        run(workspace, raising=raising)
    assert outcomes(workspace) == [outcome]
    run(workspace)  # the lock is free again
    assert outcomes(workspace) == [outcome, "done"]


@pytest.mark.parametrize("raising", [ToolError("vagrant failed"), ValueError("a defect")])
def test_a_failed_run_names_its_log(workspace: Workspace, raising: Exception) -> None:
    told = Recorder()
    with pytest.raises(type(raising)):
        run(workspace, told, raising)
    (noted,) = workspace.journal.runs()
    (note,) = notes(told)
    assert str(workspace.logs / f"{noted.id}.log") in note


def test_a_run_that_ends_well_says_nothing(workspace: Workspace) -> None:
    told = Recorder()
    run(workspace, told)
    assert told.events == []


def test_a_second_run_at_the_same_time_is_refused_and_leaves_no_mark(workspace: Workspace) -> None:
    with session(workspace, "up", lambda _: Recorder()):
        with pytest.raises(LockedError, match=r"another labctl works on the lab lab \(`labctl up`, process") as caught:
            run(Workspace("lab", base=workspace.root.parent))
        assert len(workspace.journal.runs()) == 1
    assert caught.value.exit_code == ExitCode.LOCKED == 5
    assert outcomes(workspace) == ["done"]


def test_a_run_of_another_lab_is_not_kept_out(workspace: Workspace) -> None:
    with session(workspace, "up", lambda _: Recorder()):
        run(Workspace("other", base=workspace.root.parent))


def test_a_run_that_removes_the_lab_notes_nothing(workspace: Workspace) -> None:
    with session(workspace, "destroy", lambda _: Recorder()):
        workspace.remove()
    assert not workspace.exists
    assert list(workspace.root.parent.iterdir()) == []


_KILLED = """
import os, signal, subprocess, sys
from pathlib import Path
from labctl.adapters.process import LocalProcessRunner
from labctl.steps.session import session
from labctl.workspace import Workspace
from tests.fakes import Recorder
with session(Workspace("lab", base=Path(sys.argv[1])), "up", lambda _: Recorder()) as running:
    environment = LocalProcessRunner(running.run_id).environment()
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    child = subprocess.Popen(["sleep", "600"], env=environment, start_new_session=True, **quiet)
    print(child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_run(workspace: Workspace) -> int:
    """A labctl that is killed -9 in the middle; returns the process id of the child that it leaves."""
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(workspace.root.parent)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return int(done.stdout)


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_what_a_killed_run_left_is_ended_and_the_kill_is_noted(workspace: Workspace) -> None:
    child = killed_run(workspace)
    assert lives(child)
    assert outcomes(workspace) == [None]
    stranger = subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: "another-run"})
    try:
        told = Recorder()
        run(workspace, told)
        assert not lives(child)
        assert lives(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()
    assert outcomes(workspace) == ["killed", "done"]
    assert notes(told) == ["ending 1 processes that an earlier run left"]


def test_what_it_left_is_ended_only_once(workspace: Workspace) -> None:
    killed_run(workspace)
    run(workspace)
    told = Recorder()
    run(workspace, told)
    assert notes(told) == []
    assert outcomes(workspace) == ["killed", "done", "done"]


def test_a_process_older_than_the_run_is_not_its_child(workspace: Workspace) -> None:
    """A journal that names the run of a mark which an older process carries, too."""
    old = subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: "reused"})
    try:
        workspace.prepare()
        workspace.journal.begin("reused", "up", time.time() + 60)
        run(workspace)
        assert lives(old.pid)
    finally:
        old.kill()
        old.wait()


def test_a_lock_that_a_killed_run_held_is_free(workspace: Workspace) -> None:
    os.kill(killed_run(workspace), signal.SIGKILL)
    run(workspace)
    assert outcomes(workspace) == ["killed", "done"]
