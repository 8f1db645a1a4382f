"""Step wait_ready: every claim that needs no probe pod holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labctl.errors import ClaimsError
from labctl.plan import LabPlan
from labctl.steps.reach import Alive
from labctl.steps.step import Lab
from labctl.wording import few

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport
    from labctl.facts import Facts

_SECONDS = 240.0
_EMULATED = 5
# While much is open a look takes processor time from what is to come up; at the end it is waited for.
_POLL_SECONDS = 1.0
_LAST_POLL_SECONDS = 0.25
# The end is near when no more than this is open: claims, and news of what was started again.
_LAST_OPEN = 3
# How long the API may go on telling what was before a kubelet was started anew: its first report and first probes.
_SETTLE_SECONDS = 5.0


@dataclass(frozen=True)
class WaitReady:
    """Looks again and again until nothing FAILs and everything could be seen."""

    id: str = "wait_ready"
    title: str = "Wait until every claim holds"
    seconds: float = _SECONDS

    def skip_reason(self, lab: Lab) -> str | None:
        """All claims hold at the last look, which was not of machines that have just been started again."""
        return None if lab.fresh_nodes or lab.shaken or lab.claims().broken else "every claim holds"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """What a learner would look at."""
        return ("kubectl get nodes", "kubectl get pods --namespace kube-system --output wide")

    def run(self, lab: Lab) -> int | None:
        """Wait. Raises ClaimsError (exit 1: something FAILs, exit 4: something cannot be seen) when time is up.

        Also, and at once, where all that is left is for a person to take back.
        """
        if lab.stale:
            lab.changed()
        # Where the provider's machines are emulated, everything takes several times as long.
        seconds = self.seconds * (_EMULATED if lab.provider.discouraged(lab.host) else 1)
        self._wait(lab, seconds)
        if lab.shaken:
            lab.say(self.id, "looking once more in a few seconds: something was started anew under running pods")
            threading.Event().wait(_SETTLE_SECONDS)
            lab.changed()
            self._wait(lab, seconds)
        lab.fresh_nodes, lab.shaken = frozenset(), False
        return 0

    def _wait(self, lab: Lab, seconds: float) -> None:
        wait = _Wait(lab, self.id)
        if not look_until(lab, seconds, wait.over, wait.pause):
            report, facts = lab.api_claims()
            raise _too_late(lab.claims(), _open(lab) or _open_of_api(report, _missing_news(lab, facts)), seconds)


class _Wait:
    """One wait for all claims, which looks more often once its end is near."""

    def __init__(self, lab: Lab, step: str) -> None:
        self._lab, self._step = lab, step
        self._alive = Alive(lab)
        self._near = False

    def over(self) -> bool:
        """Whether all claims hold; says what is waited for. Raises LabctlError where waiting is in vain."""
        lab = self._lab
        # A whole look takes processor time that the cluster itself needs now: it comes when the API has nothing open.
        report, facts = lab.api_claims()
        missing = _missing_news(lab, facts)
        waiting = _open_of_api(report, missing)
        self._near = _near_the_end(report, missing)
        if self._near and waiting:
            # All that is missing is time, and the processor has some to spare.
            lab.look_ahead()
        if not waiting:
            waiting = _open(lab)
            if waiting:
                _leave_to_a_person(lab)
        if waiting:
            self._alive.check()
            lab.say(self._step, f"waiting for {waiting}")
        return not waiting

    def pause(self) -> float:
        """Seconds until the next look."""
        return _LAST_POLL_SECONDS if self._near else _POLL_SECONDS


def _near_the_end(report: CheckReport, missing: Sequence[str]) -> bool:
    """Whether the API answers and only a few claims and news are open."""
    from labctl.checks.model import Outcome

    causes = report.causes
    failing = all(each.outcome is Outcome.FAIL for each in causes)
    return failing and len({each.check.id for each in causes}) + len(missing) <= _LAST_OPEN


def look_until(
    lab: Lab, seconds: float, done: Callable[[], bool], pause: Callable[[], float] = lambda: _POLL_SECONDS
) -> bool:
    """Look at the lab again and again until done says so or time is up; returns what done said last.

    pause: seconds from a look to the next. The first time it is asked of the lab's last look, the last time of one at
    the end of the time.
    """
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not done():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        tick.wait(min(pause(), left))
        lab.changed()
    return True


def settle(
    lab: Lab, judge: Callable[[], CheckReport], seconds: float, tell: Callable[[CheckReport], None]
) -> CheckReport:
    """Judge until nothing FAILs and everything could be seen, or time is up; returns the last report, tells each."""
    last: list[CheckReport] = []

    def holds() -> bool:
        last[:] = [judge()]
        tell(last[0])
        return not last[0].broken

    look_until(lab, seconds, holds)
    return last[0]


def _open_of_api(report: CheckReport, missing: Sequence[str]) -> str:
    """What is waited for as far as the API alone tells (api_claims); nothing where only a person can mend it."""
    from labctl.checks.by_hand import left_to_a_person

    if report.broken and not left_to_a_person(report):
        return report.open_causes
    return few(missing)


def _open(lab: Lab) -> str:
    """What is waited for: claims that do not hold, else what the API tells from before the machines were started."""
    return lab.claims().open_causes or few(_missing_news(lab, lab.facts()))


def _missing_news(lab: Lab, facts: Facts) -> list[str]:
    """What these facts tell from before machines were started again."""
    from labctl.checks.freshness import stale

    return [f"news of {name}" for name in stale(facts, lab.fresh_since, lab.fresh_nodes)]


def _leave_to_a_person(lab: Lab) -> None:
    """Raise ClaimsError if nothing is left that waiting mends, by an API that tells of now."""
    from labctl.checks.by_hand import left_to_a_person

    report = lab.claims()
    commands = left_to_a_person(report)
    if commands and not _missing_news(lab, lab.facts()):
        raise ClaimsError(f"somebody changed the lab: {report.open_causes}", failed=True, hint=" && ".join(commands))


def _too_late(report: CheckReport, waiting: str, seconds: float) -> ClaimsError:
    from labctl.checks.model import Outcome

    return ClaimsError(
        f"not all claims hold after {seconds:.0f} s: {waiting}",
        failed=report.outcome is Outcome.FAIL,
        hint="labctl verify tells what is wrong with each, and what to do",
    )


STEP = WaitReady()
