"""A copied bundle: checked, copied, or used where it is; damaged ones are told file by file."""

from __future__ import annotations

import stat

import pytest
from sample_bundle import Events, make_bundle

from labctl.errors import ToolError
from labctl.sources.bundle import Bundle
from labctl.sources.folder import FolderSource


def test_a_copy_is_the_same_bundle(tmp_path):
    original = make_bundle(tmp_path / "stick")
    FolderSource(tmp_path / "stick").fill(tmp_path / "here", Events())
    copy = Bundle.open(tmp_path / "here")
    assert copy.manifest == original.manifest
    assert copy.verify() == []


def test_modes_that_the_stick_lost_come_back(tmp_path):
    make_bundle(tmp_path / "stick")
    (tmp_path / "stick/bin/kubeadm").chmod(0o600)
    (tmp_path / "stick/manifest.json").chmod(0o777)
    FolderSource(tmp_path / "stick").fill(tmp_path / "here", Events())
    assert stat.S_IMODE((tmp_path / "here/bin/kubeadm").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "here/manifest.json").stat().st_mode) == 0o644


def test_files_of_the_stick_itself_are_left_there(tmp_path):
    make_bundle(tmp_path / "stick")
    (tmp_path / "stick/.Trash").write_text("x")
    FolderSource(tmp_path / "stick").fill(tmp_path / "here", Events())
    assert not (tmp_path / "here/.Trash").exists()


def test_in_place_nothing_is_copied(tmp_path):
    make_bundle(tmp_path / "stick")
    before = (tmp_path / "stick/bin/kubeadm").stat()
    FolderSource(tmp_path / "stick").fill(tmp_path / "stick", Events())
    assert (tmp_path / "stick/bin/kubeadm").stat() == before


def test_damaged_files_are_named_and_nothing_is_left(tmp_path):
    make_bundle(tmp_path / "stick")
    (tmp_path / "stick/bin/kubeadm").write_bytes(b"kubeadX")
    (tmp_path / "stick/images/pause.tar").unlink()
    with pytest.raises(ToolError, match="damaged") as caught:
        FolderSource(tmp_path / "stick").fill(tmp_path / "here", Events())
    assert "bin/kubeadm has sha256" in caught.value.message
    assert "images/pause.tar is missing" in caught.value.message
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("content", [None, "{", '{"schema": "labctl.bundle/v9"}'])
def test_a_folder_without_a_bundle(tmp_path, content):
    folder = tmp_path / "stick"
    folder.mkdir()
    if content is not None:
        (folder / "manifest.json").write_text(content)
    assert FolderSource(folder).unavailable()
    with pytest.raises(ToolError):
        FolderSource(folder).fill(tmp_path / "here", Events())
