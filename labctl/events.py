"""What happens while labctl works, as data; report/ turns it into text.

Only event types and the Reporter protocol belong here, no printing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StepStarted:
    """A step of a recipe begins. position and total count from 1.

    after: the step whose end it has waited for; beside: those that are at work meanwhile.
    """

    step: str
    title: str
    position: int
    total: int
    after: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepSkipped:
    """A step was found done already; reason says how that is known."""

    step: str
    title: str
    position: int
    total: int
    reason: str


@dataclass(frozen=True)
class StepFinished:
    """A step ended well; changed counts what it changed on the nodes, where known."""

    step: str
    seconds: float
    changed: int | None = None


@dataclass(frozen=True)
class StepFailed:
    """A step ended with an error (the error itself is raised, not reported)."""

    step: str
    seconds: float
    message: str


@dataclass(frozen=True)
class Progress:
    """Something within a step: a task on a node, a file being built, what is waited for."""

    step: str
    text: str
    node: str | None = None


@dataclass(frozen=True)
class Transfer:
    """Bytes of one file that have arrived; total is None where the server did not say."""

    step: str
    name: str
    done: int
    total: int | None = None


@dataclass(frozen=True)
class Note:
    """A sentence for the user that belongs to no step (a decision and why)."""

    text: str


Event = StepStarted | StepSkipped | StepFinished | StepFailed | Progress | Transfer | Note


class Reporter(Protocol):
    """Takes events, from any thread, and shows them."""

    def emit(self, event: Event) -> None:
        """Show one event; never raises for what the event holds."""
        ...


class SilentReporter:
    """Shows nothing: for commands whose whole output is their result."""

    def emit(self, event: Event) -> None:
        """Drop the event."""
