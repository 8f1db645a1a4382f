"""Ends containers of a lab, also one that is not able to end.

With control groups v1 a node's own runc freezes a container of the node for a moment whenever it starts one. Who kills
the node in that moment kills runc as well: what it has frozen stays so, cannot die, and the node, which has to wait for
it, cannot either. Thawed, both are gone at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from labctl.adapters.ports import ProcessRunner

REMOVE = ("docker", "rm", "--force", "--volumes")
STOP = ("docker", "stop", "--time", "1")
_SECONDS = 120.0
# Containers end in less, but for a second of STOP. Docker kills, waits for ten, kills again and gives up two later.
_PATIENCE_SECONDS = 2.5
_FREEZERS = "/sys/fs/cgroup/freezer"
_THAW = f"""for id; do
  find {_FREEZERS} -path "*$id/*" -name freezer.state | while read -r state; do echo THAWED > "$state"; done
done"""


def end(
    command: Sequence[str],
    containers: Sequence[str],
    runner: ProcessRunner,
    patience: float = _PATIENCE_SECONDS,
) -> None:
    """Run REMOVE or STOP on these containers; what is frozen in one is thawed after patience (seconds).

    Raises ToolError.
    """
    rescue = threading.Timer(patience, _thaw, (containers, runner))
    rescue.start()
    try:
        runner.run([*command, *containers], timeout=_SECONDS)
    finally:
        rescue.cancel()
        # Where it has begun it ends by itself, and its container with it.
        rescue.join()


def _thaw(containers: Sequence[str], runner: ProcessRunner) -> None:
    """Let all run that stands still in the control groups of these containers, as far as they are there."""
    asked = ["docker", "container", "inspect", "--format", "{{.Id}} {{.Image}}", *containers]
    there = [line.split() for line in runner.run(asked, check=False).stdout.splitlines()]
    if not there:
        return
    # Not --volume, which would make the folder where there is none: with control groups v2 nothing is frozen so.
    mount = ["--mount", f"type=bind,source={_FREEZERS},target={_FREEZERS}"]
    program = ["--entrypoint", "sh", there[0][1], "-c", _THAW, "-", *(identity for identity, _ in there)]
    runner.run(["docker", "run", "--rm", "--network", "host", *mount, *program], check=False, timeout=_SECONDS)
