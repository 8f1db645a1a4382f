"""What of a lab runs, as plain data: its nodes as machines and as members of the cluster, its last run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.app import existing
from labctl.workspace import Workspace
from labctl.workspace.journal import Run

if TYPE_CHECKING:
    from labctl.facts import Facts


def status(name: str | None, file: Path | None) -> dict[str, Any]:
    """What of a lab runs, as plain data: its nodes as machines and as members of the cluster, its last run."""
    from labctl.facts import NotObserved

    lab = existing(name, file)
    facts = lab.facts()
    members = _members(facts)
    return {
        "schema": "labctl.status/v1",
        "lab": lab.plan.name,
        "provider": lab.plan.provider,
        "kubernetes": lab.plan.versions.kubernetes,
        "folder": str(lab.workspace.root),
        "kubeconfig": str(lab.workspace.kubeconfig),
        "nodes": [
            {
                "name": node.name,
                "ip": node.ip,
                "role": node.role,
                "machine": "unreachable" if isinstance(facts.machine(node.name).host, NotObserved) else "running",
                "state": members.get(node.name, "not in the cluster") if members is not None else "unknown",
            }
            for node in lab.plan.nodes
        ],
        "last_run": _last_run(lab.workspace),
    }


def _members(facts: Facts) -> dict[str, str] | None:
    """Node name -> Ready or NotReady as the API says; None where it does not answer."""
    from labctl.facts import NotObservedError

    try:
        return {node.name: "Ready" if node.ready[0] == "True" else "NotReady" for node in facts.nodes()}
    except NotObservedError:
        return None


def _last_run(workspace: Workspace) -> dict[str, Any] | None:
    runs = workspace.journal.runs()
    if not runs:
        return None
    run = runs[-1]
    return {
        "command": run.command,
        "outcome": run.outcome,
        "seconds": run.seconds,
        "log": str(workspace.logs / f"{run.id}.log"),
        "steps": [{"step": step, "seconds": seconds} for step, seconds in run.steps],
    }


def runs(name: str | None, file: Path | None) -> list[Run]:
    """All runs on a lab, the oldest first. Raises ConfigError where there is no such lab."""
    return existing(name, file).workspace.journal.runs()
