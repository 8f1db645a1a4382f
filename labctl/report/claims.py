"""Texts of `labctl claims`: the list of claims, and one claim explained. The claims themselves are in labctl/checks."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from labctl.checks.model import At, Check
from labctl.checks.registry import CLAIMS, CLAIMS_BY_ID
from labctl.errors import UsageError
from labctl.plan import default_plan


def claim_list() -> Iterator[str]:
    """One line a claim: id, scope, title."""
    width = max(len(check.id) for check in CLAIMS)
    for check in CLAIMS:
        yield f"{check.id:<{width}}  {check.scope:<4}  {check.title}"


def explain(claim: str) -> Iterator[str]:
    """Everything about one claim, on the default lab. Raises UsageError for an id that there is not."""
    check = CLAIMS_BY_ID.get(claim)
    if check is None:
        close = get_close_matches(claim, CLAIMS_BY_ID, n=1)
        hint = f"did you mean {close[0]}?" if close else "labctl claims lists them"
        raise UsageError(f"there is no claim {claim}", hint=hint)
    yield f"{check.id}: {check.title}"
    for label, text in _explanation(check):
        yield f"  {label:<20}{text}"


def _explanation(check: Check) -> Iterator[tuple[str, str]]:
    plan = default_plan()
    at = At(plan, plan.workers[0] if check.scope == "node" else None)
    yield "source", check.source
    yield "scope", "once for every node" if check.scope == "node" else "once for the lab"
    yield "you would type", check.typed(at)
    yield "the tutorial shows", check.shown
    yield "how it is judged", check.judged
    if check.needs_probe_pods:
        yield "where", "on a live lab only: it needs probe pods in the cluster"
    elif check.live_only:
        yield "where", "on a live lab only: a recording does not hold it"
    yield "how to break it", check.breaks
    yield "how to fix it", check.remedy(at, None)
