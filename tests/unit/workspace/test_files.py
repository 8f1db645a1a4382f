"""Files of a lab are written whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.workspace.files import append_line, write_whole


def test_mode_and_content(tmp_path: Path) -> None:
    write_whole(tmp_path / "kubeconfig", "secret", 0o600)
    assert (tmp_path / "kubeconfig").read_text() == "secret"
    assert (tmp_path / "kubeconfig").stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    write_whole(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="cannot be written"):
        write_whole(tmp_path / "file" / "below", "text")


def test_a_kill_at_any_moment_leaves_old_or_new(tmp_path: Path) -> None:
    path = tmp_path / "state"
    old, new = "old " * 20000, "new " * 20000
    path.write_text(old)
    program = textwrap.dedent(f"""
        from pathlib import Path
        from labctl.workspace.files import write_whole
        print("ready", flush=True)
        while True:
            write_whole(Path({str(path)!r}), "new " * 20000)
            write_whole(Path({str(path)!r}), "old " * 20000)
    """)
    for _ in range(5):
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert path.read_text() in (old, new)


def test_lines_are_appended_privately(tmp_path: Path) -> None:
    append_line(tmp_path / "journal", "one")
    append_line(tmp_path / "journal", "two")
    assert (tmp_path / "journal").read_text() == "one\ntwo\n"
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
