"""A container that cannot end, because something in it was frozen when it was killed, is thawed and ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.providers.docker_ending import REMOVE, STOP, end
from tests.unit.providers.docker_double import FakeDocker

STUCK = "Error response from daemon: cannot remove 01ab: tried to kill container, but did not receive an exit event"


class Stuck(FakeDocker):
    """The container `one` cannot end before something has thawed it."""

    thawed = False

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        if tuple(command[:2]) == ("docker", "run"):
            self.thawed = True
        if tuple(command[:2]) in (REMOVE[:2], STOP[:2]) and not self.thawed:
            self.commands.append(tuple(command))
            raise ToolError("docker failed", command=command, output=STUCK)
        done = super().run(command, **options)
        return replace(done, stdout="01ab sha256:77\n") if "inspect" in command else done


@pytest.mark.parametrize("command", [REMOVE, STOP])
def test_what_is_frozen_in_it_is_thawed_and_it_ends(command: tuple[str, ...]) -> None:
    docker = Stuck()
    end(command, ["one", "two"], docker)
    first, _, thaw, again = docker.commands
    assert first == (*command, "one", "two")
    assert thaw[:3] == ("docker", "run", "--rm")
    assert "sha256:77" in thaw
    assert thaw[-1] == "01ab"
    assert "freezer.state" in thaw[-3]
    assert again == (*command, "01ab")


def test_another_error_stays_one() -> None:
    docker = FakeDocker(failing={REMOVE: "permission denied"})
    with pytest.raises(ToolError):
        end(REMOVE, ["one"], docker)
    assert len(docker.commands) == 1


def test_what_is_gone_meanwhile_is_no_matter() -> None:
    docker = FakeDocker(failing={REMOVE: STUCK, ("docker", "container", "inspect"): "no such container"})
    end(REMOVE, ["one"], docker)
    assert len(docker.commands) == 2
