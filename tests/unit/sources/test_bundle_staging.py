"""How a bundle takes its place: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from test_bundle import write_bundle

from labctl.errors import ToolError
from labctl.sources import staging as folders
from labctl.sources.bundle import Bundle, staging

OLD = {"bin/kubeadm": b"old"}
NEW = {"bin/kubeadm": b"new"}


def left_over(destination: Path) -> list[str]:
    return sorted(p.name for p in destination.parent.iterdir() if p.name not in (destination.name, ".lab.lock"))


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "bundles" / "lab"


def fill(destination: Path, files: dict[str, bytes]) -> None:
    with staging(destination) as folder:
        write_bundle(folder, files)


def content(destination: Path) -> bytes:
    assert Bundle.open(destination).verify() == []
    return (destination / "bin/kubeadm").read_bytes()


@pytest.mark.parametrize("exchange", [True, False])
def test_a_new_bundle_replaces_the_old_one(destination: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exchange:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    fill(destination, OLD)
    fill(destination, NEW)
    assert content(destination) == b"new"
    assert left_over(destination) == []


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_a_failed_fill_changes_nothing(destination: Path, error: BaseException) -> None:
    fill(destination, OLD)
    with pytest.raises(type(error)), staging(destination) as folder:
        write_bundle(folder, NEW)
        raise error
    assert content(destination) == b"old"
    assert left_over(destination) == []


def test_a_damaged_fill_never_takes_the_place(destination: Path) -> None:
    fill(destination, OLD)
    with pytest.raises(ToolError, match="damaged"), staging(destination) as folder:
        write_bundle(folder, NEW)
        (folder / "bin/kubeadm").write_bytes(b"NEW")
    assert content(destination) == b"old"
    with pytest.raises(ToolError, match="no bundle"), staging(destination):
        pass
    assert content(destination) == b"old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_clear_error(destination: Path, number: int) -> None:
    with pytest.raises(ToolError, match="disk is full") as caught, staging(destination):
        raise OSError(number, "No space left on device")
    assert "make room" in (caught.value.hint or "")
    assert not destination.exists()


def test_other_refusals_name_the_file(destination: Path) -> None:
    with pytest.raises(ToolError, match=r"cannot write /x: Read-only"), staging(destination):
        raise OSError(errno.EROFS, "Read-only file system", "/x")


def test_left_overs_of_killed_fills_are_cleared(destination: Path) -> None:
    fill(destination, OLD)
    # Killed while filling, and killed between the two renames of a file system without exchange.
    (destination.parent / ".lab.filling").mkdir()
    (destination.parent / ".lab.filling" / "half").write_bytes(b"")
    destination.rename(destination.parent / ".lab.old")
    with pytest.raises(ZeroDivisionError), staging(destination) as folder:
        assert list(folder.iterdir()) == []
        assert content(destination) == b"old"
        raise ZeroDivisionError
    assert left_over(destination) == []


def test_with_keep_a_fill_goes_on_where_the_last_one_stopped(destination: Path) -> None:
    with pytest.raises(ZeroDivisionError), staging(destination, keep=True) as folder:
        (folder / "bin").mkdir()
        (folder / "bin/kubeadm").write_bytes(b"ne")
        raise ZeroDivisionError
    with staging(destination, keep=True) as folder:
        assert (folder / "bin/kubeadm").read_bytes() == b"ne"
        write_bundle(folder, NEW)
    assert content(destination) == b"new"


def test_a_folder_that_is_no_bundle_is_not_touched(destination: Path) -> None:
    destination.mkdir(parents=True)
    (destination / "thesis.txt").write_text("years of work")
    with pytest.raises(ToolError, match="no bundle"), staging(destination):
        pytest.fail("must not begin")
    assert (destination / "thesis.txt").exists()


def test_two_fills_of_one_place_take_turns(destination: Path) -> None:
    inside, order = threading.Event(), []

    def second() -> None:
        inside.wait(5)
        fill(destination, NEW)
        order.append("second")

    other = threading.Thread(target=second)
    other.start()
    with staging(destination) as folder:
        inside.set()
        other.join(0.3)
        assert other.is_alive()
        write_bundle(folder, OLD)
        order.append("first")
    other.join(5)
    assert order == ["first", "second"]
    assert content(destination) == b"new"
