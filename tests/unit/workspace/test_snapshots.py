"""The files that say which snapshots there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ConfigError, UsageError
from labctl.workspace.snapshots import Snapshot, Snapshots

ONE = Snapshot(
    name="lesson-1",
    id="0123abcd",
    plan="f" * 16,
    release="tutorial",
    kubernetes="v1.21.1",
    nodes=("k8s-master", "node-1"),
    created="2026-11-26T10:00:00+00:00",
    size=1000,
    checksum="c" * 16,
)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots")


def test_what_is_put_is_there_unchanged(snapshots: Snapshots) -> None:
    assert snapshots.all() == []
    snapshots.put(ONE)
    assert snapshots.get("lesson-1") == ONE


def test_they_are_listed_the_oldest_first(snapshots: Snapshots) -> None:
    snapshots.put(ONE)
    snapshots.put(replace(ONE, name="a-later-one", created="2026-11-26T11:00:00+00:00"))
    assert [each.name for each in snapshots.all()] == ["lesson-1", "a-later-one"]


def test_a_new_one_takes_the_place_of_that_name(snapshots: Snapshots) -> None:
    snapshots.put(ONE)
    snapshots.put(replace(ONE, id="4567"))
    assert [each.id for each in snapshots.all()] == ["4567"]


def test_one_that_is_not_there_is_told_with_those_that_are(snapshots: Snapshots) -> None:
    snapshots.put(ONE)
    with pytest.raises(UsageError) as caught:
        snapshots.get("lesson-2")
    assert "lesson-1" in (caught.value.hint or "")


def test_forgotten_is_gone_and_twice_is_no_error(snapshots: Snapshots) -> None:
    snapshots.put(ONE)
    snapshots.forget(ONE)
    snapshots.forget(ONE)
    assert snapshots.find("lesson-1") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "lesson-1"}', '{"name": "x", "nodes": 3}', "\0"])
def test_a_damaged_file_is_told(snapshots: Snapshots, tmp_path: Path, text: str) -> None:
    snapshots.put(ONE)
    (tmp_path / "snapshots/lesson-1.json").write_text(text)
    with pytest.raises(ConfigError, match=r"lesson-1\.json cannot be read"):
        snapshots.find("lesson-1")


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a/b", "..", "a b", "a" * 41, "ä", "a\n"])
def test_names_that_are_none(name: str, snapshots: Snapshots) -> None:
    with pytest.raises(UsageError, match="is no name for a snapshot"):
        Snapshots.check_name(name)
    assert snapshots.find(name) is None


@pytest.mark.parametrize("name", ["a", "ready", "lesson-3", "0", "a" * 40])
def test_names(name: str) -> None:
    Snapshots.check_name(name)
