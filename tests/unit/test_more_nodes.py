"""Which node comes next, and what becomes of the lab file's nodes once `labctl node` has changed them."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from labctl.errors import ConfigError
from labctl.more_nodes import next_node
from labctl.plan import NodePlan, default_plan
from labctl.workspace import Workspace
from labctl.workspace.nodes_setting import KEY, as_left

NODES = list(default_plan().nodes)


def test_the_next_number_and_address_with_the_last_ones_size() -> None:
    assert next_node(NODES) == NodePlan("node-4", "worker", "192.168.50.14", 1, 1536)


def test_a_name_that_is_taken_is_passed_over() -> None:
    taken = [*NODES[:-1], replace(NODES[-1], name="node-4", ip="192.168.50.20"), NODES[-1]]
    assert next_node(taken).name == "node-5"
    assert next_node(taken).ip == "192.168.50.21"


def test_a_lab_without_workers_gets_its_first() -> None:
    assert next_node(NODES[:1]) == NodePlan("node-1", "worker", "192.168.50.11", 1, 1536)


def test_names_without_a_number() -> None:
    assert next_node([NODES[0], replace(NODES[1], name="hand")]).name == "hand1"


def test_a_full_network_is_told() -> None:
    with pytest.raises(ConfigError, match="no address left in"):
        next_node([*NODES[:-1], replace(NODES[-1], ip="192.168.50.254")])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    space = Workspace("tutorial", base=tmp_path)
    space.prepare()
    return space


def test_without_changes_the_lab_files_nodes_count(workspace: Workspace) -> None:
    assert as_left(default_plan(), workspace) == (default_plan(), None)
    workspace.set_setting(KEY, [asdict(node) for node in NODES])
    assert as_left(default_plan(), workspace) == (default_plan(), None)


def test_nodes_that_were_added_count_and_are_told(workspace: Workspace) -> None:
    more = [*NODES, next_node(NODES)]
    workspace.set_setting(KEY, [asdict(node) for node in more])
    plan, note = as_left(default_plan(), workspace)
    assert list(plan.nodes) == more
    assert "node-4" in (note or "")


@pytest.mark.parametrize("kept", [3, [], ["node-1"], [{"name": "a"}], [{**asdict(NODES[1])}], {"a": 1}])
def test_a_damaged_setting_is_told(workspace: Workspace, kept: object) -> None:
    workspace.set_setting(KEY, kept)
    with pytest.raises(ConfigError, match=r"settings\.json cannot be read"):
        as_left(default_plan(), workspace)
