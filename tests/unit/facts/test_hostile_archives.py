"""Archives from anybody: each is a clear error or an ERROR outcome, writes nothing, and takes little memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import BOMBS, END, GOOD, OTHERS, REFUSED, member, pax, write

from labctl.errors import ToolError
from labctl.facts import Unavailable
from labctl.facts.recording import read_recording

# Megabytes. Bare Python with labctl's judging has 30 of its own.
LIMIT, PEAK = 700, 300


def refused(path: Path) -> str:
    """What is said of an archive; it is one short line that moves no cursor."""
    with pytest.raises(ToolError) as caught:
        read_recording(path)
    assert caught.value.hint
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < len(str(path)) + 250
    return caught.value.message


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build, says = REFUSED[what]
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(build() + (b"" if what == "no end" else END), 1))
    message = refused(path)
    assert any(each in message for each in says.split("|")), message
    assert sorted(tmp_path.rglob("*")) == [path, inside]


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_archive(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(OTHERS[what]())
    assert "is not read: it is not a whole .tar.gz" in refused(path)


def test_what_other_tools_write_is_read(tmp_path: Path) -> None:
    """Long names of both forms, a comment for all files, a hundred logs, several gzip streams one after another."""
    path = tmp_path / "a.tar.gz"
    long = "api/" + "n" * 200 + ".json"
    pieces = (
        *(member("pax", b"13 comment=x\n", b"g"), member("lab/", b"", b"5"), pax(path=f"lab/{long}", mtime="1.5")),
        *(member("lab/cut", b"[1]"), member("x", f"lab/{long}2\0".encode(), b"L"), member("lab/cut", b"[2]")),
        *(member(f"lab/logs/{i}", bytes(700)) for i in range(100)),
        END,
    )
    path.write_bytes(b"".join(gzip.compress(piece) for piece in pieces))
    assert read_recording(path) == {long: b"[1]", f"{long}2": b"[2]"}


def test_reasons_of_what_is_missing(tmp_path: Path) -> None:
    said = {"api/x.json": "down", "nodes/a/host.txt": 5, "../x": "y", "plan.json": "z", "logs/a": "b", "nodes/a": "c"}
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(GOOD + member("missing.json", json.dumps(said).encode()) + END))
    assert read_recording(path) == {"api/version.json": b"{}", "api/x.json": Unavailable("down")}


@pytest.mark.parametrize("content", [b"[]", b"[[", b"5", b"", b"\xff", b'{"api/x.json": null}', b"[" * 90_000])
def test_reasons_that_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(GOOD + member("missing.json", content) + END))
    assert read_recording(path) == {"api/version.json": b"{}"}


PROGRAM = """
import resource, sys
from labctl.cli import labctl, run
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) * 2**20,) * 2)
code = run(labctl, ["verify", "--from", sys.argv[1], "-o", "json"])
# Not ru_maxrss: that begins with what the parent had when it forked.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(code, int(peak) // 1024, file=sys.stderr)
"""


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_takes_little_memory(tmp_path: Path, what: str) -> None:
    path = write(tmp_path / "a.tar.gz", BOMBS[what]())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(LIMIT)], capture_output=True, text=True, check=True
    )
    code, peak = done.stderr.splitlines()[-1].split()
    assert int(code) == 4, done.stderr
    assert int(peak) < PEAK
    assert list(tmp_path.iterdir()) == [path]


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "api").mkdir()
        (tmp_path / "api" / "version.json").write_text("{}")
        return tmp_path

    def test_links_in_a_circle(self, folder: Path) -> None:
        (folder / "api" / "up").symlink_to("..")
        (folder / "api" / "self.json").symlink_to("self.json")
        (folder / "nodes").symlink_to(".")
        files = read_recording(folder)
        assert files["api/version.json"] == b"{}"
        assert isinstance(files["api/self.json"], Unavailable)
        assert not [key for key in files if key.count("/") > 2]

    def test_a_link_to_itself_is_no_recording(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(ToolError, match="symbolic links"):
            read_recording(tmp_path / "loop")

    def test_a_folder_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def denied(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "iterdir", denied)
        with pytest.raises(ToolError, match="Permission denied"):
            read_recording(tmp_path)

    def test_many_values(self, folder: Path) -> None:
        (folder / "api" / "api_v1_nodes.json").write_bytes(b"[" + b"{}," * 2**20)
        with pytest.raises(ToolError, match="larger than any recording"):
            read_recording(folder)
