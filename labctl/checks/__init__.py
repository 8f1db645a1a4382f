"""The tutorial's claims, and judging a lab by them: pure functions of (plan, facts).

Gathering facts (labctl/collect) and printing results (labctl/report) do not belong here.
"""

from __future__ import annotations

from labctl.checks.judge import judge
from labctl.checks.model import LAB, Check, CheckReport, CheckResult, Outcome, Ref
from labctl.checks.recorded import judge_recording
from labctl.checks.registry import CLAIMS, CLAIMS_BY_ID

__all__ = [
    "CLAIMS",
    "CLAIMS_BY_ID",
    "LAB",
    "Check",
    "CheckReport",
    "CheckResult",
    "Outcome",
    "Ref",
    "judge",
    "judge_recording",
]
