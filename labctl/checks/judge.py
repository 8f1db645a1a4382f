"""Judging: (plan, facts) -> CheckReport. Pure; it looks at nothing but its arguments."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from labctl.checks.causes import with_causes
from labctl.checks.model import At, Check, CheckReport, CheckResult, Outcome
from labctl.checks.registry import CLAIMS
from labctl.errors import UsageError
from labctl.facts import Facts, NotObservedError
from labctl.plan import LabPlan

_NO_PROBES = {
    "recording": "this recording holds nothing of probe pods: judged on a live lab",
    "live": "this needs probe pods in the cluster, and this look started none (labctl verify --deep does)",
}
# What could not be looked at is no fault of the lab's that a claim could name: get it going, or look at it itself.
_LOOK_AGAIN = {"live": "labctl up", "recording": "labctl verify"}
_NOT_RECORDED = "judged on a live lab only: a recording does not hold it"


@dataclass(frozen=True)
class Selection:
    """Globs over claim ids: only those (all if empty), without those to skip."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raises UsageError for a glob that no claim matches."""
        for glob in (*self.only, *self.skip):
            if not any(fnmatchcase(check.id, glob) for check in CLAIMS):
                raise UsageError(f"no claim matches {glob}", hint="labctl claims lists them")

    def refusal(self, check: Check) -> str | None:
        """Why the user does not want that claim; None if it is wanted."""
        if self.only and not any(fnmatchcase(check.id, glob) for glob in self.only):
            return "left out by --only"
        skipping = [glob for glob in self.skip if fnmatchcase(check.id, glob)]
        return f"left out by --skip {skipping[0]}" if skipping else None


def wants_probe_pods(only: Sequence[str] = (), skip: Sequence[str] = ()) -> bool:
    """Whether a claim that needs probe pods is wanted. Raises UsageError for a glob that no claim matches."""
    selection = Selection(only, skip)
    return any(check.needs_probe_pods and selection.refusal(check) is None for check in CLAIMS)


def judge(plan: LabPlan, facts: Facts, only: Sequence[str] = (), skip: Sequence[str] = ()) -> CheckReport:
    """Every claim in every scope, in the table's order. Raises UsageError for a glob that no claim matches."""
    started = time.monotonic()
    selection = Selection(only, skip)
    results = {result.ref: result for result in _judge_all(plan, facts, selection)}
    wanted = {ref: result for ref, result in results.items() if result.outcome is not Outcome.SKIP}
    blamed = with_causes(plan, wanted)
    ordered = tuple(blamed.get(ref, result) for ref, result in results.items())
    return CheckReport(plan.name, facts.source, ordered, time.monotonic() - started)


def _judge_all(plan: LabPlan, facts: Facts, selection: Selection) -> Iterator[CheckResult]:
    for check in CLAIMS:
        places = [At(plan)] if check.scope == "lab" else [At(plan, node) for node in plan.nodes]
        for at in places:
            reason = selection.refusal(check) or _not_held(check, facts)
            yield _skipped(check, at, reason) if reason else judge_one(check, facts, at)


def _not_held(check: Check, facts: Facts) -> str | None:
    if check.needs_probe_pods and not facts.probed:
        return _NO_PROBES[facts.source]
    return _NOT_RECORDED if check.live_only and facts.source == "recording" else None


def _expected(check: Check, at: At) -> object:
    try:
        return check.expect(at)
    except NotObservedError:
        return None


def _skipped(check: Check, at: At, reason: str) -> CheckResult:
    return CheckResult(
        check=check,
        scope=at.scope,
        outcome=Outcome.SKIP,
        expected=_expected(check, at),
        actual=None,
        why=reason,
        command=check.typed(at),
        fix=check.remedy(at, None),
    )


def judge_one(check: Check, facts: Facts, at: At) -> CheckResult:
    """One claim in one scope, by itself: causes are found when all are judged."""
    try:
        # Observed first: where nothing was, that is the reason, not what is missing for the expectation.
        actual, expected = check.observe(facts, at), check.expect(at)
    except NotObservedError as error:
        return CheckResult(
            check=check,
            scope=at.scope,
            outcome=Outcome.ERROR,
            expected=_expected(check, at),
            actual=None,
            why=error.reason,
            command=check.typed(at),
            fix=_LOOK_AGAIN[facts.source],
        )
    drift = check.drift(expected, actual)
    difference = check.compare(expected, actual)
    outcome = Outcome.DRIFT if drift else Outcome.FAIL if difference else Outcome.PASS
    return CheckResult(
        check=check,
        scope=at.scope,
        outcome=outcome,
        expected=expected,
        actual=actual,
        why="; ".join(part for part in (drift or difference, check.note(at)) if part),
        command=check.typed(at),
        fix=check.remedy(at, actual),
    )
