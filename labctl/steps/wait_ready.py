"""Step wait_ready: every claim that needs no probe pod holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labctl.errors import ClaimsError
from labctl.plan import LabPlan
from labctl.steps.step import Lab

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport, CheckResult

_SECONDS = 240.0
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class WaitReady:
    """Looks again and again until nothing FAILs and everything could be seen."""

    id: str = "wait_ready"
    title: str = "Wait until every claim holds"
    seconds: float = _SECONDS

    def skip_reason(self, lab: Lab) -> str | None:
        """All claims hold at the last look."""
        return None if open_claims(lab.claims()) else "every claim holds"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """What a learner would look at."""
        return ("kubectl get nodes", "kubectl get pods --namespace kube-system --output wide")

    def run(self, lab: Lab) -> int | None:
        """Wait. Raises ClaimsError (exit 1: something FAILs, exit 4: something cannot be seen) when time is up."""
        if lab.stale:
            lab.changed()
        deadline = time.monotonic() + self.seconds
        tick = threading.Event()
        while waiting := open_claims(lab.claims()):
            if time.monotonic() > deadline:
                raise _too_late(waiting, self.seconds)
            lab.say(self.id, "waiting for " + ", ".join(_names(waiting)))
            tick.wait(_POLL_SECONDS)
            lab.changed()
        return 0


def open_claims(report: CheckReport) -> list[CheckResult]:
    """The claims that FAIL or could not be judged."""
    from labctl.checks.model import Outcome

    return [result for result in report.results if result.outcome in (Outcome.FAIL, Outcome.ERROR)]


def _names(results: list[CheckResult]) -> list[str]:
    shown = [f"{r.check.id} ({r.scope})" if r.scope != "lab" else r.check.id for r in results if r.because is None]
    shown = shown or [r.check.id for r in results]
    return shown[:4] + ([f"{len(shown) - 4} more"] if len(shown) > 4 else [])  # noqa: PLR2004


def _too_late(waiting: list[CheckResult], seconds: float) -> ClaimsError:
    from labctl.checks.model import Outcome

    return ClaimsError(
        f"{len(waiting)} claims do not hold after {seconds:.0f} s: {', '.join(_names(waiting))}",
        failed=any(result.outcome is Outcome.FAIL for result in waiting),
        hint="labctl verify tells what is wrong with each, and what to do",
    )


STEP = WaitReady()
