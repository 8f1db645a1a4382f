"""A container that cannot end, because something in it was frozen when it was killed, is thawed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.providers.docker_ending import REMOVE, STOP, end
from tests.unit.providers.docker_double import FakeDocker

ENDINGS = [REMOVE, STOP]


class Stuck(FakeDocker):
    """The container `one` does not end before something has thawed it."""

    def __init__(self) -> None:
        super().__init__()
        self.thawed = threading.Event()

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        done = super().run(command, **options)
        if tuple(command[:2]) == ("docker", "run"):
            self.thawed.set()
        if tuple(command[:2]) in [ending[:2] for ending in ENDINGS]:
            assert self.thawed.wait(30), "nothing thawed it"
        return replace(done, stdout="01ab sha256:77\n") if "inspect" in command else done


@pytest.mark.parametrize("command", ENDINGS)
def test_what_is_frozen_in_it_is_thawed_while_docker_waits_for_its_end(command: tuple[str, ...]) -> None:
    docker = Stuck()
    end(command, ["one", "two"], docker, patience=0.01)
    first, asked, thaw = docker.commands
    assert first == (*command, "one", "two")
    assert asked[-2:] == ("one", "two")
    assert thaw[:3] == ("docker", "run", "--rm")
    assert "sha256:77" in thaw
    assert thaw[-1] == "01ab"
    assert "freezer.state" in thaw[-3]


@pytest.mark.parametrize("command", ENDINGS)
def test_one_that_ends_is_left_alone(command: tuple[str, ...]) -> None:
    docker = FakeDocker()
    end(command, ["one"], docker)
    assert docker.commands == [(*command, "one")]


def test_an_error_stays_one_and_nothing_is_done_after_it() -> None:
    docker = FakeDocker(failing={REMOVE: "permission denied"})
    with pytest.raises(ToolError):
        end(REMOVE, ["one"], docker)
    assert len(docker.commands) == 1


class Gone(Stuck):
    """It was removed by somebody else meanwhile."""

    def run(self, command: Sequence[str], **options: Any) -> Completed:
        if "inspect" in command:
            self.thawed.set()
            return Completed(tuple(command), 1, "", "no such container")
        return super().run(command, **options)


def test_what_is_gone_meanwhile_is_no_matter() -> None:
    docker = Gone()
    end(REMOVE, ["one"], docker, patience=0.01)
    assert docker.commands == [(*REMOVE, "one")]
