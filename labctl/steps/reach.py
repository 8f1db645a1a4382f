"""Waiting until a machine answers over SSH."""

from __future__ import annotations

from collections.abc import Callable

from labctl.adapters.ports import NodeShell
from labctl.errors import ToolError

_SSH_SECONDS = 120
_POLL_SECONDS = 0.3
# Sooner there is nothing to tell: every machine takes that long.
_QUIET_SECONDS = 3.0


def wait_for_ssh(shell: NodeShell, node: str, say: Callable[[str], None]) -> None:
    """Return once node runs a command. Raises the last ToolError after two minutes."""
    import tenacity

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(_SSH_SECONDS),
        wait=tenacity.wait_fixed(_POLL_SECONDS),
        retry=tenacity.retry_if_exception_type(ToolError),
        before_sleep=lambda state: _tell(state.seconds_since_start or 0, say),
        reraise=True,
    )
    retrying(shell.run, node, "true")


def _tell(seconds: float, say: Callable[[str], None]) -> None:
    if seconds > _QUIET_SECONDS:
        say(f"waiting for SSH ({seconds:.0f} s)")
