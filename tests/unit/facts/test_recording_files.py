"""Reading recordings from disk: folders and archives, whole, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.facts import Unavailable
from labctl.facts.recording import MAX_FILE, MAX_UNPACKED, read_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
NODES = "api/api_v1_nodes.json"


def archive(path: Path, *members: tuple[str, bytes] | tarfile.TarInfo, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with tarfile.open(RECORDINGS / "healthy.tar.gz") as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path / "healthy"


def test_a_folder_and_its_archive_hold_the_same(folder: Path) -> None:
    assert read_recording(folder) == read_recording(RECORDINGS / "healthy.tar.gz")


def test_the_folder_above_is_understood(folder: Path) -> None:
    assert read_recording(folder.parent) == read_recording(folder)


@pytest.mark.parametrize("prefix", ["", "./", "lab/", "./lab/"])
def test_an_archive_may_be_packed_from_inside_or_outside(tmp_path: Path, prefix: str) -> None:
    path = archive(
        tmp_path / "a.tar.gz",
        (f"{prefix}api/api_v1_nodes.json", b"{}"),
        (f"{prefix}plan.json", b"[]"),
        (f"{prefix}logs/kubelet.log", b"passed over"),
    )
    assert read_recording(path) == {NODES: b"{}", "plan.json": b"[]"}


@pytest.mark.parametrize(
    "member",
    [
        ("../api/api_v1_nodes.json", b"{}"),
        ("api/../../x", b"{}"),
        ("/api/api_v1_nodes.json", b"{}"),
        ("api/..\\x", b"{}"),
        special("api/api_v1_nodes.json", tarfile.SYMTYPE, "/etc/passwd"),
        special("api/api_v1_nodes.json", tarfile.LNKTYPE, "api/other"),
        special("nodes/node-1/host.txt", tarfile.CHRTYPE),
        special("nodes/node-1/host.txt", tarfile.FIFOTYPE),
    ],
)
def test_what_could_lead_out_is_refused_and_nothing_is_written(
    tmp_path: Path, member: tuple[str, bytes] | tarfile.TarInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    path = archive(tmp_path / "a.tar.gz", ("api/version.json", b"{}"), member)
    with pytest.raises(ToolError, match="is not read"):
        read_recording(path)
    assert list(inside.iterdir()) == []
    assert set(tmp_path.iterdir()) == {path, inside}


def test_two_recordings_in_one_archive_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", ("a/api/version.json", b"{}"), ("b/api/version.json", b"{}"))
    with pytest.raises(ToolError, match="more than one recording"):
        read_recording(path)


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", ("api/version.json", b"{}"), ("api/version.json", b"[]"))
    with pytest.raises(ToolError, match="twice"):
        read_recording(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"not an archive", gzip.compress(b"not a tar", mtime=0), gzip.compress(b"", mtime=0), os.urandom(5000)],
    ids=["empty", "text", "text in gzip", "nothing in gzip", "noise"],
)
def test_what_is_no_archive_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ToolError, match=r"is not read|holds no recording"):
        read_recording(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_archive_cut_off_is_a_clear_error(tmp_path: Path, share: float) -> None:
    whole = (RECORDINGS / "healthy.tar.gz").read_bytes()
    path = tmp_path / "a.tar.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ToolError, match="is not read"):
        read_recording(path)


def test_a_damaged_archive_is_a_clear_error(tmp_path: Path) -> None:
    whole = bytearray((RECORDINGS / "healthy.tar.gz").read_bytes())
    whole[20_000:20_050] = bytes(50)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(bytes(whole))
    with pytest.raises(ToolError, match="is not read"):
        read_recording(path)


class Zeros(io.RawIOBase):
    """Endless zeros, for archives whose members are larger than memory should be."""

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def bomb(path: Path, *sizes: tuple[str, int, bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as stream, tarfile.open(fileobj=stream, mode="w:") as tar:
        for name, size, kind in sizes:
            info = tarfile.TarInfo(name)
            info.size, info.type = size, kind
            tar.addfile(info, Zeros())
    return path


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("api/api_v1_nodes.json", MAX_FILE + 1, tarfile.REGTYPE),
        ("logs/huge.log", MAX_UNPACKED + 1, tarfile.REGTYPE),
        ("x", MAX_FILE + 1, tarfile.XHDTYPE),
        ("x", MAX_FILE + 1, tarfile.GNUTYPE_LONGNAME),
    ],
)
def test_a_bomb_costs_no_memory(tmp_path: Path, name: str, size: int, kind: bytes) -> None:
    path = bomb(tmp_path / "a.tar.gz", (name, size, kind), ("api/version.json", 2, tarfile.REGTYPE))
    tracemalloc.start()
    with pytest.raises(ToolError, match="is not read"):
        read_recording(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_header_nested_too_deep_is_a_clear_error(tmp_path: Path) -> None:
    record = b"11 path=ab\n"
    path = bomb(tmp_path / "a.tar.gz", *[("x", len(record), tarfile.XHDTYPE)] * 3000)
    with pytest.raises(ToolError, match="is not read"):
        read_recording(path)


def test_links_and_devices_in_a_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for name, target in (("host.txt", secret), ("docker-info.json", Path("/dev/zero"))):
        file = folder / "nodes/node-1" / name
        file.unlink()
        file.symlink_to(target)
    fifo = folder / "nodes/node-1/ip-addr.json"
    fifo.unlink()
    os.mkfifo(fifo)
    files = read_recording(folder)
    for name in ("host.txt", "docker-info.json", "ip-addr.json"):
        assert isinstance(files[f"nodes/node-1/{name}"], Unavailable)


def test_a_huge_file_in_a_folder_is_not_read(folder: Path) -> None:
    with (folder / NODES).open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert isinstance(read_recording(folder)[NODES], Unavailable)


@pytest.mark.parametrize("make", ["empty", "other"])
def test_a_folder_that_holds_no_recording_is_an_error(tmp_path: Path, make: str) -> None:
    if make == "other":
        (tmp_path / "src").mkdir()
    with pytest.raises(ToolError, match="holds no recording"):
        read_recording(tmp_path)


def test_neither_folder_nor_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ToolError, match="neither a folder nor a file"):
        read_recording(fifo)
    with pytest.raises(ToolError, match="is not read"):
        read_recording(tmp_path / "nothing")
