"""What a claim is and what came of judging it: Check, CheckResult, CheckReport. Plain data, no judging, no printing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NamedTuple

from labctl.checks.compare import differences, no_drift, one_line
from labctl.errors import ExitCode
from labctl.facts import Facts
from labctl.facts.model import Source
from labctl.plan import LabPlan, NodePlan
from labctl.wording import few

LAB = "lab"


class Outcome(Enum):
    """Outcomes as claims.md defines them; the value is what JSON says."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    DRIFT = "drift"
    FAIL = "fail"
    ERROR = "error"
    SKIP = "skip"


class Ref(NamedTuple):
    """One result: the claim's id and its scope, "lab" or a node's name."""

    check: str
    scope: str


@dataclass(frozen=True)
class At:
    """Where a claim is judged: the lab's plan, and the node for a claim of scope node."""

    plan: LabPlan
    node_plan: NodePlan | None = None

    @property
    def node(self) -> NodePlan:
        """The node of a claim of scope node."""
        if self.node_plan is None:
            raise ValueError("a claim of scope lab has no node")
        return self.node_plan

    @property
    def scope(self) -> str:
        """The scope as results name it."""
        return self.node_plan.name if self.node_plan else LAB


@dataclass(frozen=True)
class Check:
    """A claim of the tutorial.

    expect and observe give plain JSON data. observe raises NotObservedError where it could not look. compare says in
    words what differs, None if nothing. drift says why a difference does not matter (claims.md's closed list), None if
    it does. fix is the command to type, or makes it from what was observed (None where nothing was).
    shown: the tutorial's own output, or its words in quotes where it has none; columns are two blanks apart, as in
    what show makes of the lab's, and {node} is the node's name in both. What the tutorial cannot promise (ages,
    restarts, dates) is left out of both. judged: how it is judged. breaks: a command that breaks it.
    needs: what a recording, or a look without probe pods, does not hold (then SKIP, with this as the reason).
    """

    id: str
    scope: Literal["lab", "node"]
    title: str
    source: str
    command: str
    shown: str
    judged: str
    breaks: str
    fix: str | Callable[[At, Any], str]
    expect: Callable[[At], Any]
    observe: Callable[[Facts, At], Any]
    compare: Callable[[Any, Any], str | None] = differences
    drift: Callable[[Any, Any], str | None] = no_drift
    note: Callable[[At], str] = lambda _: ""
    show: Callable[[Any], str] = one_line
    live_only: bool = False
    needs_probe_pods: bool = False

    def typed(self, at: At) -> str:
        """The command that a learner would type there."""
        return _filled(self.command, at)

    def tutorial(self, scope: str) -> str:
        """What the tutorial shows there; may have several lines."""
        return self.shown.replace("{node}", scope)

    @property
    def quotes(self) -> bool:
        """Whether the tutorial has only words for it, which nothing that a lab shows can be held beside."""
        return self.shown.startswith("“")

    def remedy(self, at: At, actual: object) -> str:
        """The command to type, for this node and what was seen there."""
        return _filled(self.fix if isinstance(self.fix, str) else self.fix(at, actual), at)


def _filled(text: str, at: At) -> str:
    return text.replace("{node}", at.scope).replace("{master}", at.plan.control_plane.name)


@dataclass(frozen=True)
class CheckResult:
    """What came of one claim in one scope. why is empty for a PASS without a note; because names the cause."""

    check: Check
    scope: str
    outcome: Outcome
    expected: Any
    actual: Any
    why: str
    command: str
    fix: str
    because: Ref | None = None

    @property
    def ref(self) -> Ref:
        """Its id and scope."""
        return Ref(self.check.id, self.scope)

    @property
    def broken(self) -> bool:
        """Whether it FAILs or could not be looked at."""
        return self.outcome in (Outcome.FAIL, Outcome.ERROR)

    @property
    def is_cause(self) -> bool:
        """Whether it is broken and follows from no other claim."""
        return self.broken and self.because is None

    @property
    def shows(self) -> str:
        """What the lab shows, in the form of the tutorial's output; empty where nothing was looked at."""
        if self.outcome in (Outcome.ERROR, Outcome.SKIP):
            return ""
        return self.check.show(self.actual).replace("{node}", self.scope)


@dataclass(frozen=True)
class CheckReport:
    """All results of one look, in the table's order."""

    lab: str
    source: Source
    results: tuple[CheckResult, ...]
    seconds: float = 0.0

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many results have each outcome; every outcome is there."""
        found = Counter(result.outcome for result in self.results)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def outcome(self) -> Outcome:
        """The outcome of the whole: the worst there is, where FAIL outweighs ERROR."""
        order = (Outcome.FAIL, Outcome.ERROR, Outcome.DRIFT)
        return next((each for each in order if self.counts[each]), Outcome.PASS)

    def exit_code(self, *, strict: bool = False) -> ExitCode:
        """claims.md: 1 a claim FAILs (or drifts, if strict), 4 one is ERROR and none FAILs, else 0."""
        if self.counts[Outcome.FAIL] or (strict and self.counts[Outcome.DRIFT]):
            return ExitCode.CLAIM_FAILED
        return ExitCode.TOOL if self.counts[Outcome.ERROR] else ExitCode.OK

    @property
    def broken(self) -> tuple[CheckResult, ...]:
        """The results that FAIL or could not be judged."""
        return tuple(result for result in self.results if result.broken)

    @property
    def causes(self) -> tuple[CheckResult, ...]:
        """Results of the claims that are broken and that others wait for."""
        return tuple(each for each in self.broken if each.because is None) or self.broken

    @property
    def open_causes(self) -> str:
        """The first few of the causes in words; empty if all claims hold."""
        return few([each.check.id if each.scope == LAB else f"{each.check.id} ({each.scope})" for each in self.causes])

    def of(self, check: str, scope: str = LAB) -> CheckResult:
        """The result of that claim and scope. Raises KeyError if there is none."""
        for result in self.results:
            if result.ref == (check, scope):
                return result
        raise KeyError((check, scope))

    def failing(self, checks: tuple[str, ...]) -> tuple[CheckResult, ...]:
        """Results of those claims that are FAIL or ERROR: what a step that they prove has left to do."""
        return tuple(each for each in self.broken if each.check.id in checks)
