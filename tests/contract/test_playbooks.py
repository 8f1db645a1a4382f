"""What every Playbooks promises, on the fake and on Ansible with this computer as the only node."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labctl.adapters.ansible import AnsiblePlaybooks
from labctl.adapters.ports import Playbooks, TaskEvent
from labctl.errors import ToolError
from tests.fakes import FakePlaybooks, World

VARIABLES = {"labctl_fingerprints": {"base": "0123", "docker": "4567"}}
INVENTORY = """
nodes:
  hosts:
    k8s-master: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
    node-1: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
BASE = """
- hosts: nodes
  gather_facts: false
  tasks:
    - name: Leave the mark
      ansible.builtin.debug:
        msg: "{{ labctl_fingerprints.base }}"
      changed_when: true
"""
DOCKER = """
- hosts: node-1
  gather_facts: false
  tasks:
    - name: Install the packages
      ansible.builtin.fail:
        msg: there is no package docker.io
"""


def ansible(tmp_path: Path) -> AnsiblePlaybooks:
    books = tmp_path / "playbooks"
    books.mkdir()
    (books / "ansible.cfg").write_text("[defaults]\n")
    (books / "base.yml").write_text(BASE)
    (books / "docker.yml").write_text(DOCKER)
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / "inventory.yml").write_text(INVENTORY)
    return AnsiblePlaybooks(lab, os.environ, tmp_path / "tools.log", playbooks=books)


def fake(tmp_path: Path) -> FakePlaybooks:
    world = World()
    world.running = {"k8s-master", "node-1"}
    playbooks = FakePlaybooks(world)
    playbooks.fails["docker"] = ToolError("Install the packages: failed on node-1: there is no package docker.io")
    return playbooks


@pytest.fixture(params=[fake, ansible], ids=["fake", "ansible"])
def playbooks(request: pytest.FixtureRequest, tmp_path: Path) -> Playbooks:
    make: Callable[[Path], Playbooks] = request.param
    return make(tmp_path)


def test_a_run_tells_its_changes_by_host(playbooks: Playbooks) -> None:
    assert playbooks.run(["base"], extra_vars=VARIABLES).changed == {"k8s-master": 1, "node-1": 1}


def test_a_run_tells_its_tasks_as_they_come(playbooks: Playbooks) -> None:
    events: list[TaskEvent] = []
    playbooks.run(["base"], extra_vars=VARIABLES, on_event=events.append)
    assert ("node-1", "changed") in [(event.host, event.outcome) for event in events]


def test_a_run_that_is_called_off_ends_with_that_word(playbooks: Playbooks) -> None:
    with pytest.raises(ToolError, match="the playbook base was called off"):
        playbooks.run(["base"], extra_vars=VARIABLES, called_off=lambda: True)


def test_runs_may_overlap(playbooks: Playbooks) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(playbooks.run, ["base"], extra_vars=VARIABLES) for _ in range(2)]
        assert [run.result().changed for run in runs] == [{"k8s-master": 1, "node-1": 1}] * 2


def test_a_failure_names_task_host_and_message(playbooks: Playbooks) -> None:
    with pytest.raises(ToolError, match="Install the packages: failed on node-1: there is no package"):
        playbooks.run(["docker"], extra_vars=VARIABLES)


def test_after_a_failure_it_can_run_again(playbooks: Playbooks) -> None:
    with pytest.raises(ToolError):
        playbooks.run(["docker"], extra_vars=VARIABLES)
    assert sum(playbooks.run(["base"], extra_vars=VARIABLES).changed.values()) == 2


def test_playbooks_run_in_order_and_each_tells_its_end(playbooks: Playbooks) -> None:
    events: list[TaskEvent] = []
    with pytest.raises(ToolError, match="Install the packages"):
        playbooks.run(["base", "base", "docker"], extra_vars=VARIABLES, on_event=events.append)
    ends = [(event.playbook, event.changes) for event in events if event.outcome == "ended"]
    assert ends == [("base", 2), ("base", 2)]
