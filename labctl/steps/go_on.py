"""Machines that stood still with their memory go on: they have missed some time, and what the API told meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from labctl.steps.reach import wait_for_ssh
from labctl.steps.step import Lab

_SECONDS = 120.0


def go_on(lab: Lab, step: str, nodes: Sequence[str], *, restored: bool) -> None:
    """Tell machines what time it is; restored: kubelet also begins anew to tell what is so. Raises ToolError."""
    lab.changed()
    # Only a kubelet that is there and was not stopped.
    then = " && systemctl try-restart kubelet.service" if restored else ""

    def one(node: str) -> None:
        wait_for_ssh(lab.shell, node, lambda text: lab.say(step, text, node))
        lab.shell.run(node, f"date --set=@{time.time():.3f} >/dev/null{then}", timeout=_SECONDS)

    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        list(pool.map(one, nodes))
    lab.shaken |= restored
