"""Waiting until a machine answers over SSH, and noticing that it will not, for it does not run any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from labctl.adapters.ports import RUNNING, Completed, NodeShell
from labctl.errors import ToolError
from labctl.steps.step import Lab
from labctl.wording import few

_SSH_SECONDS = 120
_COMMAND_SECONDS = 90.0
_POLL_SECONDS = 0.3
_NO_ANSWER = "labctl up again; if it stays so, labctl reset makes the machines again (labctl destroy where it cannot)"
# Sooner there is nothing to tell: every machine takes that long.
_QUIET_SECONDS = 3.0
# To ask a provider which machines run takes a tenth of a second of a computer that is busy starting them.
_ALIVE_SECONDS = 5.0


def wait_for_ssh(shell: NodeShell, node: str, say: Callable[[str], None], command: str = "true") -> Completed:
    """Run command once node answers, for 90 seconds at most; what it came to, whatever its exit code.

    Raises ToolError after two minutes, saying what the last try said.
    """
    import tenacity

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(_SSH_SECONDS),
        wait=tenacity.wait_fixed(_POLL_SECONDS),
        retry=tenacity.retry_if_exception_type(ToolError),
        before_sleep=lambda state: _tell(state.seconds_since_start or 0, say),
        reraise=True,
    )
    try:
        done: Completed = retrying(shell.run, node, command, timeout=_COMMAND_SECONDS, check=False)
    except ToolError as error:
        raise ToolError(error.message, command=error.command, output=error.output, hint=_NO_ANSWER) from None
    return done


class Alive:
    """Whether the lab's machines run, for whoever waits for something of them; asked every few seconds at most."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._next = time.monotonic() + _ALIVE_SECONDS

    def check(self) -> None:
        """Raise ToolError naming the machines that do not run (a power cut, somebody's hand): waiting is in vain."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _ALIVE_SECONDS
        states = self._lab.provider.states(self._lab.plan, self._lab.runner) or {}
        down = [f"{name} is {state.replace('_', ' ')}" for name, state in states.items() if state != RUNNING]
        if down:
            raise ToolError(
                f"not all machines run any more: {few(down)}",
                hint="labctl up starts them again; labctl reset makes them again",
            )


def _tell(seconds: float, say: Callable[[str], None]) -> None:
    if seconds > _QUIET_SECONDS:
        say(f"waiting for SSH ({seconds:.0f} s)")
