"""Facts of this computer: each is there, or in its place why not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labctl import __version__
from labctl.adapters.ports import Completed
from labctl.collect.computer import computer_file
from labctl.errors import ToolError


class Tools:
    """A ProcessRunner: every tool says its own name, some are missing."""

    def __init__(self, *missing: str) -> None:
        self._missing = missing

    def run(self, command: Sequence[str], **_: object) -> Completed:
        if command[0] in self._missing:
            raise ToolError(f"{command[0]} is not there")
        return Completed(tuple(command), 0, f"{command[0]} says", "")

    def cancel(self) -> None:
        """Nothing runs."""


def facts(*missing: str, **environment: str) -> dict[str, Any]:
    folders = {"labs": Path("/no/such/folder/yet"), "here": Path.cwd()}
    data = json.loads(computer_file(Tools(*missing), folders, environment))
    assert isinstance(data, dict)
    return data


def test_versions_memory_disk_and_what_tools_say() -> None:
    found = facts()
    assert found["labctl"] == __version__
    assert found["memory_mb"]["total"] > 0
    assert set(found["disk_free_mb"]) == {"labs", "here"}
    assert found["disk_free_mb"]["here"] > 0
    assert found["tools"]["vagrant"] == "vagrant says"
    assert found["tools"]["routes"] == "ip says"
    assert "ansible-core" in found["libraries"]


def test_a_tool_that_is_missing_spoils_its_own_fact_only() -> None:
    found = facts("vagrant", "docker")
    assert found["tools"]["vagrant"] == "not to be had: vagrant is not there"
    assert found["tools"]["ssh"] == "ssh says"
    assert "docker" in found["host"]["docker_problem"]


def test_of_the_environment_only_what_changes_how_labctl_works() -> None:
    found = facts(LABCTL_DATA_DIR="/x", HTTPS_PROXY="http://p", USER="alice", AWS_SECRET="x", DOCKER_HOST="tcp://d")
    assert found["environment"] == {"LABCTL_DATA_DIR": "/x", "HTTPS_PROXY": "http://p", "DOCKER_HOST": "tcp://d"}
