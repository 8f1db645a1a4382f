"""reset, snapshot, halt, resume, node, history and image: what they refuse, and what they say of a lab that is off."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from labctl.plan import default_plan
from labctl.workspace import Workspace
from labctl.workspace.snapshots import Snapshot, Snapshots

LAB = "off"


@pytest.fixture
def workspace():
    """A lab of virtual machines that never ran."""
    space = Workspace(LAB)
    space.prepare()
    space.save_plan(replace(default_plan(), name=LAB))
    return space


def saved(workspace: Workspace, name: str) -> Snapshot:
    snapshot = Snapshot(
        name=name,
        id="0123abcd",
        plan="another",
        release="tutorial",
        kubernetes="v1.21.1",
        nodes=("k8s-master",),
        created="2026-11-26T10:00:00+00:00",
        size=211_000_000,
        checksum="c" * 16,
    )
    Snapshots(workspace.root / "snapshots").put(snapshot)
    return snapshot


@pytest.mark.parametrize(
    "arguments",
    [
        ["reset", "--yes"],
        ["snapshot", "list"],
        ["snapshot", "save", "a"],
        ["snapshot", "restore", "a", "--yes"],
        ["snapshot", "delete", "a", "--yes"],
        ["halt"],
        ["resume"],
        ["node", "add"],
        ["node", "remove", "node-1", "--yes"],
        ["history"],
    ],
    ids=" ".join,
)
def test_without_a_lab_the_next_command_is_up(labctl, arguments):
    ended = labctl(*arguments)
    assert ended.code == 3
    assert "Next: labctl up" in ended.err


@pytest.mark.usefixtures("workspace")
def test_a_list_of_no_snapshots_says_how_one_is_made(labctl):
    assert "labctl snapshot save NAME" in labctl("snapshot", "list").out
    assert json.loads(labctl("snapshot", "list", "-o", "json").out)["snapshots"] == []


def test_a_snapshot_is_shown_with_the_reason_why_it_cannot_be_restored(labctl, workspace):
    saved(workspace, "lesson-1")
    assert "211 MB" in labctl("snapshot", "list").out
    shown = json.loads(labctl("snapshot", "show", "lesson-1", "-o", "json").out)
    assert shown["checksum"] == "c" * 16
    assert "another plan" in shown["problem"]
    assert "another plan" in labctl("snapshot", "show", "lesson-1").out


def test_a_snapshot_of_another_plan_is_not_restored(labctl, workspace):
    saved(workspace, "lesson-1")
    ended = labctl("snapshot", "restore", "lesson-1", "--yes")
    assert ended.code == 3
    assert "was made of another plan" in ended.err


@pytest.mark.usefixtures("workspace")
def test_a_snapshot_that_is_not_there_is_a_mistake_of_usage(labctl):
    ended = labctl("reset", "--to", "lesson-9", "--yes")
    assert ended.code == 2
    assert "there is no snapshot lesson-9" in ended.err


@pytest.mark.usefixtures("workspace")
def test_the_control_plane_alone_is_neither_reset_nor_removed(labctl):
    assert "cannot be reset" in labctl("reset", "k8s-master", "--yes").err
    assert "without it there is no cluster" in labctl("node", "remove", "k8s-master", "--yes").err
    assert labctl("reset", "node-9", "--yes").code == 3


def test_of_what_a_hypervisor_keeps_neither_size_nor_checksum_is_known(labctl, workspace):
    kept = replace(saved(workspace, "lesson-1"), size=None, checksum="")
    Snapshots(workspace.root / "snapshots").put(kept)
    assert "kept by the hypervisor" in labctl("snapshot", "list").out
    assert labctl("snapshot", "show", "lesson-1").out.count("kept by the hypervisor") == 2
    shown = json.loads(labctl("snapshot", "show", "lesson-1", "-o", "json").out)
    assert (shown["size"], shown["checksum"]) == (None, "")


@pytest.mark.parametrize(
    "arguments", [["snapshot", "delete", "lesson-1"], ["node", "remove", "node-1"], ["image", "prune"]], ids=" ".join
)
def test_without_a_terminal_nothing_is_removed_unasked(labctl, workspace, arguments):
    saved(workspace, "lesson-1")
    ended = labctl(*arguments)
    assert ended.code == 2
    assert "there is no terminal" in ended.err
    assert Snapshots(workspace.root / "snapshots").find("lesson-1")


def test_history_of_a_lab(labctl, workspace):
    assert "nothing was done" in labctl("history").out
    for run in ("a", "b"):
        workspace.journal.begin(run, "up", 1.0)
        workspace.journal.note(run, "step_started", step="base")
        workspace.journal.note(run, "step_finished", step="base", seconds=2.5, changed=3)
    assert labctl("history").out.count("labctl up: cut, or at work") == 2
    (last,) = json.loads(labctl("history", "--last", "1", "-o", "json").out)["runs"]
    assert last["id"] == "b"
    assert labctl("history", "--last", "0").code == 2
