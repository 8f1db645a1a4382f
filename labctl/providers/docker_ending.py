"""Ends containers of a lab, also one that is not able to end.

With control groups v1 a node's own runc freezes a container of the node for a moment whenever it starts one. Who kills
the node in that moment kills runc as well: what it has frozen stays so, cannot die, and the node, which has to wait for
it, cannot either. Thawed, both are gone at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError

REMOVE = ("docker", "rm", "--force", "--volumes")
STOP = ("docker", "stop", "--time", "1")
# Docker kills, waits for ten seconds, kills again, and gives up after two more.
_SECONDS = 120.0
_STUCK = "did not receive an exit event"
_FREEZERS = "/sys/fs/cgroup/freezer"
_THAW = f"""for id; do
  find {_FREEZERS} -path "*$id/*" -name freezer.state | while read -r state; do echo THAWED > "$state"; done
done"""


def end(command: Sequence[str], containers: Sequence[str], runner: ProcessRunner) -> None:
    """Run REMOVE or STOP on these containers. Raises ToolError."""
    try:
        runner.run([*command, *containers], timeout=_SECONDS)
    except ToolError as error:
        if _STUCK not in (error.output or ""):
            raise
        # Not all may be there any more.
        asked = ["docker", "container", "inspect", "--format", "{{.Id}} {{.Image}}", *containers]
        left = [line.split() for line in runner.run(asked, check=False).stdout.splitlines()]
        if not left:
            return
        _thaw([identity for identity, _ in left], left[0][1], runner)
        runner.run([*command, *(identity for identity, _ in left)], timeout=_SECONDS)


def _thaw(identities: Sequence[str], image: str, runner: ProcessRunner) -> None:
    """Let all run that stands still in the control groups of these containers."""
    mount = ["--volume", f"{_FREEZERS}:{_FREEZERS}"]
    program = ["--entrypoint", "sh", image, "-c", _THAW, "-", *identities]
    runner.run(["docker", "run", "--rm", "--network", "none", *mount, *program], timeout=_SECONDS)
