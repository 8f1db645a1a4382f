"""A package without its compression is the same package."""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.sources.distribution.unpacked import uncompress


def member(name: str, content: bytes) -> bytes:
    header = (
        name.ljust(16) + "0".ljust(12) + "0".ljust(6) + "0".ljust(6) + "100644".ljust(8) + str(len(content)).ljust(10)
    )
    return header.encode() + b"`\n" + content + b"\n" * (len(content) % 2)


def data_tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("usr/bin/program")
        info.size = 7
        archive.addfile(info, io.BytesIO(b"program"))
    return stream.getvalue()


def package(data_name: str, data: bytes) -> bytes:
    members = [("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (data_name, data)]
    return b"!<arch>\n" + b"".join(member(name, content) for name, content in members)


def test_the_data_is_the_same_without_compression(tmp_path: Path) -> None:
    deb = tmp_path / "p.deb"
    deb.write_bytes(package("data.tar.xz", lzma.compress(data_tar())))
    uncompress(deb)
    assert deb.read_bytes() == package("data.tar", data_tar())
    uncompress(deb)
    assert deb.read_bytes() == package("data.tar", data_tar())


def test_other_compressions_are_left_alone(tmp_path: Path) -> None:
    deb = tmp_path / "p.deb"
    deb.write_bytes(package("data.tar.zst", b"zst"))
    uncompress(deb)
    assert deb.read_bytes() == package("data.tar.zst", b"zst")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", package("data.tar.xz", b"not xz"), package("data.tar.xz", lzma.compress(data_tar()))[:-40]],
)
def test_a_damaged_package_is_told_and_left(tmp_path: Path, content: bytes) -> None:
    deb = tmp_path / "p.deb"
    deb.write_bytes(content)
    with pytest.raises(ToolError, match=r"is damaged|is not a Debian package"):
        uncompress(deb)
    assert deb.read_bytes() == content
