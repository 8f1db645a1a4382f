"""The plan of a lab as text for people and as JSON for programs.

Plain columns, no rich: `labctl plan` is to answer at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from labctl.plan import LabPlan, PlannedStep

SCHEMA = "labctl.plan/v1"


def plan_json(plan: LabPlan, steps: Sequence[PlannedStep], file: str, notes: Sequence[str]) -> str:
    """One document: the lab file, the plan with its fingerprint, what else was thought of, the steps."""
    data = {
        "schema": SCHEMA,
        "file": file,
        "plan": plan.to_json(),
        "fingerprint": plan.fingerprint(),
        "notes": list(notes),
        "steps": [{"id": step.id, "title": step.title, "commands": list(step.commands)} for step in steps],
    }
    return json.dumps(data, indent=2)


def plan_text(plan: LabPlan, steps: Sequence[PlannedStep], file: str, notes: Sequence[str]) -> str:
    """Several paragraphs: the lab, its nodes, its versions, its steps with the commands a learner would type."""
    return "\n".join([*_head(plan, file, notes), "", *_nodes(plan), "", *_versions(plan), "", *_steps(steps)])


def _head(plan: LabPlan, file: str, notes: Sequence[str]) -> Iterator[str]:
    yield from _labelled(
        [
            ("lab", plan.name),
            ("lab file", file),
            ("provider", f"{plan.provider}: {plan.provider_reason}"),
            *[("", note) for note in notes],
            ("source", f"{plan.bundle.source}: {plan.bundle.reason}"),
            ("bundle", plan.bundle.path if plan.bundle.fingerprint else f"{plan.bundle.path} (to be filled)"),
            ("pods", plan.network.pod_cidr),
            ("services", plan.network.service_cidr),
            ("API server", plan.api_endpoint),
        ]
    )


def _labelled(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(label) for label, _ in rows) + 2
    for label, text in rows:
        yield f"{label:<{width}}{text}"


def _nodes(plan: LabPlan) -> Iterator[str]:
    rows = [("NODE", "ROLE", "ADDRESS", "CPUS", "MEMORY")]
    rows += [(n.name, n.role, n.ip, str(n.cpus), f"{n.memory_mb} MB") for n in plan.nodes]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    cpus, memory = sum(n.cpus for n in plan.nodes), sum(n.memory_mb for n in plan.nodes)
    yield f"{len(plan.nodes)} nodes, {cpus} CPUs, {memory} MB in all"


def _versions(plan: LabPlan) -> Iterator[str]:
    yield "VERSIONS" if plan.bundle.fingerprint else "VERSIONS (what the source is expected to give)"
    versions = plan.to_json()["bundle"]["versions"]
    rows = [(f"  {name}", str(version)) for name, version in versions.items()]
    yield from _labelled([*rows, ("  nodes' system", plan.bundle.node_os)])


def _steps(steps: Sequence[PlannedStep]) -> Iterator[str]:
    yield "STEPS, with the commands that you would type"
    for place, step in enumerate(steps, 1):
        yield f"{place:>3}. {step.id}: {step.title}"
        yield from (f"       $ {command}" for command in step.commands)
