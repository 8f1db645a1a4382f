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
        """All claims hold at the last look, which was not of machines that have just been started again."""
        return None if lab.fresh_nodes or open_claims(lab.claims()) else "every claim holds"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """What a learner would look at."""
        return ("kubectl get nodes", "kubectl get pods --namespace kube-system --output wide")

    def run(self, lab: Lab) -> int | None:
        """Wait. Raises ClaimsError (exit 1: something FAILs, exit 4: something cannot be seen) when time is up."""
        if lab.stale:
            lab.changed()
        deadline = time.monotonic() + self.seconds
        tick = threading.Event()
        while names := _open(lab):
            if time.monotonic() > deadline:
                raise _too_late(open_claims(lab.claims()), names, self.seconds)
            lab.say(self.id, "waiting for " + ", ".join(_few(names)))
            tick.wait(_POLL_SECONDS)
            lab.changed()
        lab.fresh_nodes = frozenset()
        return 0


def open_claims(report: CheckReport) -> list[CheckResult]:
    """The claims that FAIL or could not be judged."""
    from labctl.checks.model import Outcome

    return [result for result in report.results if result.outcome in (Outcome.FAIL, Outcome.ERROR)]


def _open(lab: Lab) -> list[str]:
    """What is waited for: claims that do not hold, else what the API tells from before the machines were started."""
    from labctl.checks.freshness import stale

    results = open_claims(lab.claims())
    causes = [f"{r.check.id} ({r.scope})" if r.scope != "lab" else r.check.id for r in results if r.because is None]
    if results:
        return causes or [result.check.id for result in results]
    return [f"news of {name}" for name in stale(lab.facts(), lab.fresh_since, lab.fresh_nodes)]


def _few(names: list[str]) -> list[str]:
    return names[:4] + ([f"{len(names) - 4} more"] if len(names) > 4 else [])  # noqa: PLR2004


def _too_late(waiting: list[CheckResult], names: list[str], seconds: float) -> ClaimsError:
    from labctl.checks.model import Outcome

    return ClaimsError(
        f"not all claims hold after {seconds:.0f} s: {', '.join(_few(names))}",
        failed=any(result.outcome is Outcome.FAIL for result in waiting),
        hint="labctl verify tells what is wrong with each, and what to do",
    )


STEP = WaitReady()
