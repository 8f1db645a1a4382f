"""The roles keep the project's rules: arguments, modules, versions, honest changes, secrets, sizes, names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.playbooks.conftest import PLAYBOOKS, ROAD, ROLES, Task, role_text, task_files, tasks

# What `labctl up` hands to every playbook, and nothing else.
EXTRA_VARS = {
    "labctl_fingerprints",
    "labctl_bundle",
    "labctl_manifest",
    "labctl_kubeadm_config",
    "labctl_weave_net_manifest",
    "labctl_plan",
    "labctl_node_environment",
}
TASKS = list(tasks())
BY_NAME = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)


def options(role: str) -> dict[str, dict[str, object]]:
    specs = yaml.safe_load((PLAYBOOKS / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return dict(specs["argument_specs"]["main"]["options"])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_declares_the_extra_vars_that_it_uses(role: str) -> None:
    used = set(re.findall(r"\blabctl_[a-z_]+\b", role_text(role))) - {"labctl_mark", "labctl_named"}
    declared = {name for name in options(role) if name.startswith("labctl_")}
    assert used == declared <= EXTRA_VARS
    assert all(options(role)[name].get("required") is True for name in declared)


def test_every_extra_var_is_used() -> None:
    assert {name for role in ROLES for name in options(role) if name.startswith("labctl_")} == EXTRA_VARS


@pytest.mark.parametrize("role", ROLES)
def test_a_default_is_declared_and_names_no_version(role: str) -> None:
    for folder in ("defaults", "vars"):
        path = PLAYBOOKS / "roles" / role / folder / "main.yml"
        if not path.exists():
            continue
        values = yaml.safe_load(path.read_text())
        assert not re.search(r"\d+\.\d+", str(values)), path
        assert all(name.startswith(f"{role}_") for name in values)
        assert folder == "vars" or set(values) <= set(options(role))


@pytest.mark.parametrize("role", ROLES)
def test_playbook_and_role_have_one_name(role: str) -> None:
    (play,) = yaml.safe_load((PLAYBOOKS / f"{role}.yml").read_text())
    assert play["roles"] == [{"role": role}]
    assert play["gather_facts"] is False


def test_the_site_runs_the_roles_in_order() -> None:
    site = yaml.safe_load((PLAYBOOKS / "site.yml").read_text())
    assert [play["ansible.builtin.import_playbook"] for play in site] == [f"{role}.yml" for role in ROAD]


@BY_NAME
def test_only_modules_of_ansible_builtin(task: Task) -> None:
    assert task.module.startswith("ansible.builtin."), task.id


@BY_NAME
def test_no_change_is_hidden(task: Task) -> None:
    if task.module in ("ansible.builtin.command", "ansible.builtin.raw", "ansible.builtin.shell"):
        assert "changed_when" in task.keys
        # What looks only says so in its name; everything else tells its changes.
        looks = task.keys["name"].startswith("The look at")
        assert (task.keys["changed_when"] is False) == looks
    else:
        assert "changed_when" not in task.keys
    assert "ignore_errors" not in task.keys


@BY_NAME
def test_what_holds_a_secret_is_never_shown(task: Task) -> None:
    if any(secret in str(task.keys) for secret in ("token.sh", "join.yml.j2", "issue.sh", "certificates_issued")):
        assert task.keys["no_log"] is True


@BY_NAME
def test_what_goes_as_text_is_scripts_with_arguments(task: Task) -> None:
    """Its text stands in the list of processes: what is secret goes by stdin, by another module."""
    if task.module == "ansible.builtin.raw":
        first, *scripts, last = task.keys["ansible.builtin.raw"].splitlines()
        assert re.fullmatch(r"sh -s( -- \S.*)? <<'end'", first)
        assert scripts
        assert all(
            re.fullmatch(r"\{\{ lookup\('ansible\.builtin\.file', '[a-z-]+\.sh'\) \}\}", line) for line in scripts
        )
        assert last == "end"


@pytest.mark.parametrize(("role", "path"), task_files(), ids=lambda value: getattr(value, "name", value))
def test_a_task_file_is_short(role: str, path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 70


@pytest.mark.parametrize("role", ROAD)
def test_a_role_leaves_its_mark_last(role: str) -> None:
    last = [task for task in TASKS if task.role == role and task.file.name == "main.yml"][-1]
    assert last.keys["ansible.builtin.import_tasks"].endswith("/fingerprint.yml")
