"""What every prompt of the tutorial shows: an ordinary user on the master who has kubectl."""

from __future__ import annotations

from typing import Any

from labctl.checks.model import At, Check
from labctl.facts import Facts, need
from labctl.facts.observed import quote


def observe_kubectl(facts: Facts, at: At) -> dict[str, Any]:
    """Exit code of `kubectl get nodes` as the ordinary user, and what it said if that is not 0."""
    run = need(facts.machine(at.plan.control_plane.name).kubectl_non_root)
    return {"exit code": run.exit_code, **({"said": quote(run.output)} if run.exit_code else {})}


def compare_kubectl(_expected: object, actual: dict[str, Any]) -> str | None:
    """It worked, or what it said."""
    if actual["exit code"] == 0:
        return None
    return f"kubectl as the ordinary user ended with exit code {actual['exit code']}: {actual['said']}"


NON_ROOT = Check(
    id="kubectl.non-root",
    scope="lab",
    title="an ordinary user on the master has kubectl",
    source="every prompt of the tutorial",
    command="kubectl get nodes",
    shown="“rajith@k8s-master:~$ kubectl get nodes”",
    judged="kubectl get nodes works on the master as a user that is not root",
    breaks="rm ~/.kube/config (on k8s-master, as that user)",
    fix="labctl up --from control_plane",
    expect=lambda _: {"exit code": 0},
    observe=observe_kubectl,
    compare=compare_kubectl,
    live_only=True,
)

CHECKS = (NON_ROOT,)
