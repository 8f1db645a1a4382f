"""kill -9 at every system call that writes: what is read afterwards is the old or the new, and the next run goes on.

A child is forked for each call, and killed before that call, or after half the bytes of a write.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.plan import LabPlan, default_plan
from labctl.providers import docker_engine as engine
from labctl.steps.session import session
from labctl.workspace import Workspace
from labctl.workspace.files import write_whole
from labctl.workspace.nodes_setting import as_left
from labctl.workspace.snapshots import Snapshots
from tests.fakes import Recorder
from tests.unit.workspace.test_snapshots import ONE

# Every function of the module os by which labctl's files (and filelock and tempfile for them) come to the disk.
WRITING = ("open", "write", "close", "fsync", "fchmod", "chmod", "replace", "rename", "unlink", "mkdir", "rmdir")
MOST_CALLS = 400
OLD, NEW = default_plan(), default_plan("v1.21.14")
KUBECONFIGS = "clusters: []\n" + "old " * 20000, "clusters: []\n" + "new " * 20000


def survives(action: Callable[[], object], at: int, *, half: bool) -> bool:
    """Whether a child that is killed at its at-th writing call (from 1; half: in the middle of it) ends by itself."""
    with warnings.catch_warnings():
        # Python 3.12 warns of threads; the child only does what the test says.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            _arm(at, half=half)
            action()
            code = 0
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, f"the child failed before call {at}"
    return True


def _arm(at: int, *, half: bool) -> None:
    """Count the calls of WRITING in this process, and kill it at the at-th."""
    calls = 0

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                if half and name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in WRITING:
        setattr(os, name, counted(name, getattr(os, name)))


@dataclass(frozen=True)
class Write:
    """One kind of file: how it gets its old and its new content, and how labctl reads it."""

    old: Callable[[Workspace], object]
    new: Callable[[Workspace], object]
    read: Callable[[Workspace], object]


def _snapshots(space: Workspace) -> Snapshots:
    return Snapshots(space.root / "snapshots")


def _kubeconfig(space: Workspace) -> tuple[str, int]:
    return space.kubeconfig.read_text(), space.kubeconfig.stat().st_mode & 0o777


def _known(space: Workspace) -> str | None:
    with contextlib.suppress(OSError):
        return engine.vagrant_id(space.root, "node-1").read_text()
    return None


WRITES = {
    "journal": Write(
        lambda space: space.journal.begin("a", "up", 1.0),
        lambda space: space.journal.note("a", "run_finished", outcome="done", seconds=2.0),
        lambda space: [(run.id, run.outcome) for run in space.journal.runs() if run.id == "a"],
    ),
    "plan": Write(lambda space: space.save_plan(OLD), lambda space: space.save_plan(NEW), Workspace.plan),
    "settings": Write(
        lambda space: space.set_setting("api_port", 4711),
        lambda space: space.set_setting("nodes", OLD.to_json()["nodes"]),
        lambda space: (space.settings(), as_left(OLD, space)[0]),
    ),
    "kubeconfig": Write(
        lambda space: write_whole(space.kubeconfig, KUBECONFIGS[0], 0o600),
        lambda space: write_whole(space.kubeconfig, KUBECONFIGS[1], 0o600),
        _kubeconfig,
    ),
    "a new snapshot": Write(
        lambda space: None, lambda space: _snapshots(space).put(ONE), lambda space: _snapshots(space).all()
    ),
    "a snapshot in place of another": Write(
        lambda space: _snapshots(space).put(ONE),
        lambda space: _snapshots(space).put(replace(ONE, id="4567", size=2000)),
        lambda space: _snapshots(space).all(),
    ),
    "a snapshot forgotten": Write(
        lambda space: _snapshots(space).put(ONE),
        lambda space: _snapshots(space).forget(ONE),
        lambda space: _snapshots(space).all(),
    ),
    "a machine that Vagrant is to know": Write(
        lambda space: None,
        lambda space: write_whole(engine.vagrant_id(space.root, "node-1"), "0123"),
        _known,
    ),
}


def begun(base: Path, write: Write) -> Workspace:
    space = Workspace("lab", base=base)
    space.prepare()
    write.old(space)
    return space


def litter(space: Workspace) -> list[str]:
    return [path.name for path in space.root.rglob("*") if re.search(r"\.part|\.tmp", path.name)]


@pytest.mark.parametrize("half", [False, True], ids=["before", "within"])
@pytest.mark.parametrize("kind", WRITES)
def test_a_kill_at_any_call_leaves_old_or_new(tmp_path: Path, kind: str, half: bool) -> None:
    write = WRITES[kind]
    old = write.read(begun(tmp_path / "old", write))
    whole = begun(tmp_path / "new", write)
    write.new(whole)
    new = write.read(whole)
    assert old != new
    seen = []
    for at in range(1, MOST_CALLS):
        space = begun(tmp_path / str(at), write)
        ended = survives(lambda space=space: write.new(space), at, half=half)  # type: ignore[misc]
        seen.append(write.read(space))
        assert seen[-1] in (old, new), f"call {at}"
        # A later run works there, leaves no litter, and writes what this one could not.
        with session(space, "up", lambda _: Recorder()):
            assert litter(space) == []
            write.new(space)
        assert write.read(space) == new
        assert [run.outcome for run in space.journal.runs() if run.id != "a"] == ["done"]
        if ended:
            break
    assert ended, "the child never got through"
    assert at > 1
    assert old in seen
    assert new in seen


def a_run(space: Workspace) -> None:
    """What a run does with the lab's folder, in little."""
    with session(space, "up", lambda _: Recorder()) as run:
        space.set_setting("api_port", 4711)
        space.journal.note(run.run_id, "step_started", step="create_machines")
        space.save_plan(OLD)
        write_whole(space.ssh_config, "Host k8s-master\n", 0o600)
        space.journal.note(run.run_id, "step_finished", step="create_machines", seconds=1.0, changed=4)
        write_whole(space.kubeconfig, KUBECONFIGS[1], 0o600)
        _snapshots(space).put(ONE)


def test_a_kill_at_any_call_of_a_run_is_done_by_the_next(tmp_path: Path) -> None:
    for at in range(1, MOST_CALLS):
        space = Workspace("lab", base=tmp_path / str(at))
        ended = survives(lambda space=space: a_run(space), at, half=True)  # type: ignore[misc]
        if space.exists:
            assert space.plan() in (None, OLD)
            assert _snapshots(space).all() in ([], [ONE])
        a_run(space)
        assert [run.outcome for run in space.journal.runs()][-1] == "done"
        assert {run.outcome for run in space.journal.runs()} <= {"done", "killed"}
        assert (space.plan(), _snapshots(space).all(), space.setting("api_port")) == (OLD, [ONE], 4711)
        assert _kubeconfig(space) == (KUBECONFIGS[1], 0o600)
        assert litter(space) == []
        if ended:
            return
    raise AssertionError("the child never got through")


def test_a_half_made_key_is_never_the_labs_key(tmp_path: Path) -> None:
    from labctl.adapters.process import LocalProcessRunner

    plan: LabPlan = OLD
    for at in range(1, MOST_CALLS):
        space = Workspace("lab", base=tmp_path / str(at))
        space.prepare()

        def make(space: Workspace = space) -> None:
            with session(space, "up", lambda _: Recorder()) as run:
                engine.ensure_key(space.root, plan, LocalProcessRunner(run.run_id))

        ended = survives(make, at, half=True)
        make()
        assert sorted(path.name for path in space.root.glob("*id_ed25519*")) == ["id_ed25519", "id_ed25519.pub"]
        public = LocalProcessRunner().run(["ssh-keygen", "-y", "-f", str(space.root / "id_ed25519")]).stdout
        assert public.split()[:2] == (space.root / "id_ed25519.pub").read_text().split()[:2]
        if ended:
            return
    raise AssertionError("the child never got through")
