"""The playbooks as data: every task of every role, for tests that hold the roles to the project's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ROOT / "playbooks"
# The road from bare nodes to the cluster; each leaves its mark on the nodes.
ROAD = ("base", "docker", "kube_packages", "control_plane", "weave_net", "workers")
ROLES = (*ROAD, "certificates")


@dataclass(frozen=True)
class Task:
    """One task: the role (or shared folder) it stands in, its file and its keys."""

    role: str
    file: Path
    keys: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.role}: {self.keys['name']}"

    @property
    def module(self) -> str:
        return next(key for key in self.keys if "." in key)


def task_files() -> list[tuple[str, Path]]:
    shared = [("shared", path) for path in sorted((PLAYBOOKS / "tasks").glob("*.yml"))]
    return [
        (role, path) for role in ROLES for path in sorted((PLAYBOOKS / "roles" / role / "tasks").glob("*.yml"))
    ] + shared


def tasks() -> Iterator[Task]:
    for role, path in task_files():
        for keys in yaml.safe_load(path.read_text()):
            yield Task(role, path, keys)


def role_text(role: str) -> str:
    """Everything that a role and the shared tasks it imports hold, but for its argument specs."""
    own = [path for path in (PLAYBOOKS / "roles" / role).rglob("*") if path.is_file() and path.parent.name != "meta"]
    text = "\n".join(path.read_text() for path in own)
    shared = [path for path in sorted((PLAYBOOKS / "tasks").glob("*.yml")) if f"tasks/{path.name}" in text]
    return "\n".join([text, *(path.read_text() for path in shared)])
