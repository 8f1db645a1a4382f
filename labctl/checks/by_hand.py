"""Which broken claims only a person mends: what somebody did to the lab on purpose stays so however long one waits.

How a claim is judged, and what its fix is, stands beside the claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from labctl.checks.model import CheckReport

# Nodes are cordoned and objects added by people; up makes neither, and takes neither back.
_PERSONS_FIXES = ("kubectl uncordon ", "kubectl -n kube-system delete ")


def left_to_a_person(report: CheckReport) -> Sequence[str]:
    """The commands to type where every claim that is broken waits for one of them; else none."""
    # What only follows from a cause carries the cause's fix.
    if not all(result.fix.startswith(_PERSONS_FIXES) for result in report.broken):
        return ()
    return tuple(dict.fromkeys(result.fix for result in report.broken))
