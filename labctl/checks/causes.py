"""Which claim's failure another one only follows from: the cause is told once, consequences point to it.

What may follow from what is in cause_rules.py; judging single claims belongs in neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from labctl.checks.cause_rules import RULES, RULES_FOR_ERRORS, Case, Results, master_pod
from labctl.checks.model import LAB, CheckResult, Outcome, Ref
from labctl.plan import LabPlan

_BROKEN = (Outcome.FAIL, Outcome.ERROR)


def with_causes(plan: LabPlan, results: Results) -> dict[Ref, CheckResult]:
    """The results with `because` set to the root cause, and that cause's fix, where they only follow from it."""
    nearest: dict[Ref, Ref] = {}
    for ref, result in results.items():
        if result.outcome in _BROKEN:
            case = Case(plan, results, result)
            found = next((each for each in _suspects(case) if each != ref), None)
            if found is not None:
                nearest[ref] = found
    return {ref: _blame(results, nearest, ref) for ref in results}


def _suspects(case: Case) -> Iterator[Ref]:
    # Most rules read what was observed; an ERROR has nothing.
    rule = RULES.get(case.result.check.id)
    if rule is not None and (case.result.outcome is Outcome.FAIL or rule in RULES_FOR_ERRORS):
        yield from rule(case)
    if case.result.outcome is Outcome.ERROR:
        yield from _same_reason(case)


def _same_reason(case: Case) -> Iterator[Ref]:
    """The first claim that could not be judged for the very same reason: one unreadable answer is told once.

    An API that answers nothing at all (nodes.members is the first to notice) needs the master's services.
    """
    members_result = case.results.get(Ref("nodes.members", LAB))
    if members_result is not None and members_result.why == case.result.why:
        yield from master_pod(case)
    for ref, other in case.results.items():
        if ref == case.result.ref:
            return
        if other.outcome is Outcome.ERROR and other.why == case.result.why:
            yield ref


def _blame(results: Results, nearest: Mapping[Ref, Ref], ref: Ref) -> CheckResult:
    root, seen = ref, {ref}
    while root in nearest and nearest[root] not in seen:
        root = nearest[root]
        seen.add(root)
    result = results[ref]
    if root == ref:
        return result
    cause = results[root]
    where = "" if cause.scope == LAB else f" on {cause.scope}"
    why = f"{result.why} (follows from {cause.check.id}{where})"
    return replace(result, because=root, why=why, fix=cause.fix)
