"""Starting the Docker daemon: by systemd, by its init script, by itself; and waiting until it answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.setup import daemon


class Daemon:
    """Fulfils ProcessRunner: docker answers from the n-th question on; starting it ends with a code."""

    def __init__(self, answers_at: int | None, start_code: int = 0) -> None:
        self.left, self.start_code = answers_at, start_code
        self.commands: list[str] = []

    def run(self, command: Sequence[str], *, check: bool = True, **_: Any) -> Completed:
        argv = tuple(command)
        self.commands.append(" ".join(argv))
        if "info" not in argv:
            return Completed(argv, self.start_code, "", "ulimit: error setting limit" if self.start_code else "")
        if self.left is None:
            return Completed(argv, 1, "", "Cannot connect")
        self.left -= 1
        return Completed(argv, 0 if self.left <= 0 else 1, "", "")

    def started(self) -> list[str]:
        return [command for command in self.commands if "info" not in command]


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Direct starts, none of which happens."""
    starts: list[list[str]] = []
    monkeypatch.setattr(daemon, "_start_directly", starts.append)
    return starts


@pytest.mark.parametrize(
    ("systemd", "command"), [(True, "systemctl enable --now docker"), (False, "service docker start")]
)
def test_it_is_started_as_the_computer_was(
    monkeypatch: pytest.MonkeyPatch, direct: list[list[str]], systemd: bool, command: str
) -> None:
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: systemd)
    runner = Daemon(1)
    daemon.start_daemon(runner)
    assert runner.started() == [command]
    assert direct == []


def test_an_ordinary_user_starts_it_by_sudo(monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    runner = Daemon(1)
    daemon.start_daemon(runner)
    assert runner.started() == ["sudo --non-interactive service docker start"]


def test_it_waits_until_it_answers(monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]) -> None:
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    runner = Daemon(3)
    daemon.start_daemon(runner)
    assert len(runner.commands) == 4


def test_an_init_script_that_gives_up_is_no_end(monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]) -> None:
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    daemon.start_daemon(Daemon(2, start_code=1))
    assert direct == [[]]


def test_one_that_answers_although_its_script_complained_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]
) -> None:
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    daemon.start_daemon(Daemon(1, start_code=1))
    assert direct == []


def test_one_that_never_answers_is_told_with_where_its_log_is(
    monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]
) -> None:
    monkeypatch.setattr(daemon, "_SECONDS", 0.1)
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    with pytest.raises(ToolError, match="does not answer") as caught:
        daemon.start_daemon(Daemon(None, start_code=1))
    assert "docker.log" in (caught.value.hint or "")
    assert "ulimit" in (caught.value.output or "")


@pytest.mark.parametrize(("as_root", "questions"), [(False, 1), (True, 2)])
def test_who_is_not_yet_in_the_group_asks_by_sudo(
    monkeypatch: pytest.MonkeyPatch, as_root: bool, questions: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    runner = Daemon(2)
    assert daemon.daemon_answers(runner, as_root=as_root) is as_root
    assert len(runner.commands) == questions
    assert runner.commands[-1].startswith("sudo") is as_root


def test_a_computer_without_that_starter_starts_the_daemon_itself(
    monkeypatch: pytest.MonkeyPatch, direct: list[list[str]]
) -> None:
    class NoService(Daemon):
        def run(self, command: Sequence[str], *, check: bool = True, **kept: Any) -> Completed:
            if "service" in command:
                raise ToolError("service is not there")
            return super().run(command, check=check, **kept)

    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    daemon.start_daemon(NoService(2))
    assert direct == [[]]


def test_asking_never_raises() -> None:
    class Missing:
        def run(self, command: Sequence[str], **_: Any) -> Completed:
            raise ToolError("docker is not there")

    assert daemon.daemon_answers(Missing()) is False  # type: ignore[arg-type]
