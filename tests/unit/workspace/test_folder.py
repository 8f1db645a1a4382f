"""The lab's folder: lock, kept plan, settings, removal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labctl.errors import ConfigError, LockedError
from labctl.plan import default_plan
from labctl.workspace import Workspace, labs_folder


def test_the_folder_is_private(tmp_path: Path) -> None:
    space = Workspace("lab", base=tmp_path)
    assert not space.exists
    space.prepare()
    assert space.root.stat().st_mode & 0o777 == 0o700


def test_another_process_is_kept_out_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    space = Workspace("lab", base=tmp_path)
    space.prepare()
    space.journal.begin("run-1", "up", 1.0)
    program = f"""
from pathlib import Path
from labctl.errors import LockedError
from labctl.workspace import Workspace
try:
    with Workspace("lab", base=Path({str(tmp_path)!r})).locked():
        print("got it")
except LockedError as error:
    print(int(error.exit_code), error.message)
"""
    with space.locked():
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("5 another labctl works on the lab lab (`labctl up`, process ")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "got it\n"


def test_the_lock_excludes_within_one_process_too(tmp_path: Path) -> None:
    with (
        Workspace("lab", base=tmp_path).locked(),
        pytest.raises(LockedError),
        Workspace("lab", base=tmp_path).locked(),
    ):
        pass


def test_the_plan_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    space = Workspace("lab", base=tmp_path)
    assert space.plan() is None
    space.save_plan(default_plan())
    assert space.plan() == default_plan()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": 1}', "\x00"])
def test_a_damaged_plan_is_a_clear_error(tmp_path: Path, content: str) -> None:
    space = Workspace("lab", base=tmp_path)
    space.prepare()
    (space.root / "plan.json").write_text(content)
    with pytest.raises(ConfigError):
        space.plan()


def test_settings_stay(tmp_path: Path) -> None:
    space = Workspace("lab", base=tmp_path)
    assert space.setting("api_port") is None
    space.set_setting("api_port", 4711)
    space.set_setting("copy_bundle", True)
    assert Workspace("lab", base=tmp_path).setting("api_port") == 4711


def test_removal_leaves_nothing(tmp_path: Path) -> None:
    space = Workspace("lab", base=tmp_path)
    space.save_plan(default_plan())
    with space.locked():
        space.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_labs_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path))
    assert labs_folder() == tmp_path / "labs"
