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
from labctl.workspace.files import append_line, clear_parts, write_whole


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


def test_a_disk_that_takes_half_a_line_is_told_and_the_next_line_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write, room = tmp_path / "journal", os.write, [3]

    def nearly_full(descriptor: int, data: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop()])

    append_line(path, "one")
    with monkeypatch.context() as full:
        full.setattr(os, "write", nearly_full)
        with pytest.raises(ToolError, match="journal cannot be written: No space left"):
            append_line(path, "second")
    append_line(path, "third")
    assert path.read_text() == "one\nsec\nthird\n"


def test_a_disk_that_takes_half_a_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.write, [3]

    def nearly_full(descriptor: int, data: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop()])

    write_whole(tmp_path / "plan.json", "old")
    monkeypatch.setattr(os, "write", nearly_full)
    with pytest.raises(ToolError, match=r"plan\.json cannot be written: No space left"):
        write_whole(tmp_path / "plan.json", "newer")
    assert (tmp_path / "plan.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_only_what_a_write_has_left_is_cleared(tmp_path: Path) -> None:
    kept = ["plan.json", ".hidden.part", "mine.12345678.part", ".plan.json.UPPERCAS.part", ".vagrant/x/docker/id"]
    left = [".plan.json.abcd_123.part", ".vagrant/x/docker/.id.abcdefgh.part", ".id_ed25519.01234567.part/id_ed25519"]
    for name in (*kept, *left):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    clear_parts(tmp_path)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == sorted(kept)
    assert not (tmp_path / ".id_ed25519.01234567.part").exists()
    clear_parts(tmp_path / "nowhere")
