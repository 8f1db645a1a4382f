"""The machine-readable form of a report, exactly as claims.md fixes it (labctl.verify/v1)."""

from __future__ import annotations

import json
from typing import Any

from labctl.checks.model import CheckReport, CheckResult, Outcome
from labctl.releases import TUTORIAL

SCHEMA = "labctl.verify/v1"


def report_data(report: CheckReport) -> dict[str, Any]:
    """The report as plain data, keys in the contract's order."""
    return {
        "schema": SCHEMA,
        "lab": report.lab,
        "source": report.source,
        "tutorial": {"kubernetes": TUTORIAL.tutorial.kubernetes},
        "outcome": report.outcome.value,
        "seconds": round(report.seconds, 3),
        "counts": {outcome.value: report.counts[outcome] for outcome in Outcome},
        "checks": [_check_data(result) for result in report.results],
    }


def render_json(report: CheckReport) -> str:
    """The report as JSON text, ASCII only, ending in a newline."""
    return json.dumps(report_data(report), indent=1) + "\n"


def _check_data(result: CheckResult) -> dict[str, Any]:
    cause = result.because
    return {
        "id": result.check.id,
        "scope": result.scope,
        "title": result.check.title,
        "outcome": result.outcome.value,
        "expected": result.expected,
        "actual": result.actual,
        "why": result.why,
        "fix": result.fix,
        "because": None if cause is None else {"check": cause.check, "scope": cause.scope},
        "command": result.command,
        "source": result.check.source,
    }
