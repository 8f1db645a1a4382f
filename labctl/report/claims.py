"""Texts of `labctl claims`: the list of claims, and claims explained. The claims themselves are in labctl/checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from labctl.checks.model import At, Check
from labctl.checks.registry import CLAIMS, CLAIMS_BY_ID
from labctl.errors import UsageError
from labctl.plan import default_plan
from labctl.report.contrast import tutorial_lines

SCHEMA = "labctl.claims/v1"
_LABEL = 20
_GLOB = "*?["
_GUESSES = 3


def chosen(wanted: str | None) -> Sequence[Check]:
    """The claims of an id or a glob, all for None. Raises UsageError where there is none, with a guess."""
    if wanted is None:
        return CLAIMS
    found = [check for check in CLAIMS if fnmatchcase(check.id, wanted)]
    if not found:
        close = [each for each in CLAIMS_BY_ID if wanted in each] or get_close_matches(wanted, CLAIMS_BY_ID)
        hint = f"did you mean {' or '.join(close[:_GUESSES])}?" if close else "labctl claims lists them"
        raise UsageError(f"there is no claim {wanted}", hint=hint)
    return found


def claims_text(wanted: str | None) -> Iterator[str]:
    """The list of all claims or of a glob's, or all about one. Raises UsageError where there is none."""
    found = chosen(wanted)
    if wanted is not None and not set(_GLOB) & set(wanted):
        yield from _explained(found[0])
        return
    width = max(len(check.id) for check in found)
    for check in found:
        yield f"{check.id:<{width}}  {check.scope:<4}  {check.title}"


def claims_json(wanted: str | None) -> str:
    """{"schema", "claims": [all about each]}, as of the tutorial's own lab. Raises UsageError where there is none."""
    return json.dumps({"schema": SCHEMA, "claims": [_data(check) for check in chosen(wanted)]}, indent=1)


def _place(check: Check) -> At:
    """Where a claim is told of: the tutorial's own lab, its first worker."""
    plan = default_plan()
    return At(plan, plan.workers[0] if check.scope == "node" else None)


def _data(check: Check) -> dict[str, Any]:
    at = _place(check)
    return {
        "id": check.id,
        "scope": check.scope,
        "title": check.title,
        "source": check.source,
        "command": check.typed(at),
        "shown": check.tutorial(at.scope),
        "judged": check.judged,
        "live_only": check.live_only or check.needs_probe_pods,
        "breaks": check.breaks,
        "fix": check.remedy(at, None),
    }


def _explained(check: Check) -> Iterator[str]:
    data = _data(check)
    yield f"{check.id}: {check.title}"
    told = {
        "source": check.source,
        "scope": "once for every node, here for node-1" if check.scope == "node" else "once for the lab",
        "you would type": data["command"],
        "the tutorial shows": "\n".join(tutorial_lines(check, _place(check).scope)),
        "how it is judged": check.judged,
        **({"where": _where(check)} if data["live_only"] else {}),
        "how to break it": check.breaks,
        "how to fix it": data["fix"],
    }
    for label, text in told.items():
        for position, line in enumerate(text.splitlines()):
            yield f"  {'' if position else label:<{_LABEL}}{line}"


def _where(check: Check) -> str:
    why = "it needs probe pods in the cluster" if check.needs_probe_pods else "a recording does not hold it"
    return f"on a live lab only: {why}"
