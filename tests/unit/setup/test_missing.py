"""What `labctl setup` finds missing, and how it supplies it: as root, as an ordinary user, without apt-get."""

from __future__ import annotations

import grp
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.setup import daemon, host, missing, perform

ALL = {"vagrant", "docker", "dockerd", "ssh", "mmdebstrap", "iptables", "apt-get"}


@dataclass
class Computer:
    """Fulfils ProcessRunner: which programs there are, whether the Docker daemon answers, what fails."""

    programs: set[str] = field(default_factory=lambda: set(ALL))
    answers: bool = True
    fails: str | None = None
    commands: list[tuple[str, ...]] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)

    def which(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if program in self.programs else None

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        check: bool = True,
    ) -> Completed:
        argv = tuple(command)
        self.commands.append(argv)
        self.environments.append(dict(env or {}))
        if self.fails is not None and self.fails in argv:
            if check:
                raise ToolError(f"{argv[0]} failed with exit code 100", command=argv, output="E: no such package")
            return Completed(argv, 100, "", "E")
        if "info" in argv:
            return Completed(argv, 0 if self.answers else 1, "", "")
        if argv[-1:] == ("start",) or "enable" in argv:
            self.answers = True
        return Completed(argv, 0, "", "")


@pytest.fixture
def computer() -> Computer:
    return Computer()


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user who is not in the docker group."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [1000])
    monkeypatch.setattr(host.getpass, "getuser", lambda: "learner")
    monkeypatch.setattr(grp, "getgrnam", lambda name: grp.struct_group((name, "x", 999, ["somebody"])))


def titles(computer: Computer) -> list[str]:
    return [action.title for action in missing(computer, computer.which)]


def done(computer: Computer) -> list[str]:
    """What is announced and run when everything is performed; commands that only ask are left out."""
    said: list[str] = []
    actions = missing(computer, computer.which)
    computer.commands.clear()
    perform(actions, said.append)
    assert len(said) == len(actions)
    return [" ".join(command) for command in computer.commands if "info" not in command]


@pytest.mark.usefixtures("root")
def test_where_nothing_is_missing_nothing_is_done(computer: Computer) -> None:
    assert missing(computer, computer.which) == []


@pytest.mark.usefixtures("root")
def test_a_fresh_computer_lacks_everything(computer: Computer) -> None:
    computer.programs, computer.answers = {"apt-get"}, False
    install, start = missing(computer, computer.which)
    assert install.commands == (
        "apt-get update",
        "apt-get install --yes --no-install-recommends docker.io iptables mmdebstrap openssh-client vagrant",
    )
    assert start.title == "start the Docker daemon"


@pytest.mark.usefixtures("root")
def test_only_what_is_missing_is_installed(computer: Computer) -> None:
    computer.programs.remove("mmdebstrap")
    assert done(computer) == ["apt-get update", "apt-get install --yes --no-install-recommends mmdebstrap"]


@pytest.mark.usefixtures("root")
def test_packages_ask_no_questions(computer: Computer) -> None:
    computer.programs.remove("vagrant")
    done(computer)
    assert {"DEBIAN_FRONTEND": "noninteractive"} in computer.environments


@pytest.mark.usefixtures("root")
def test_a_daemon_that_does_not_answer_is_started(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    computer.answers = False
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    assert titles(computer) == ["start the Docker daemon"]
    assert done(computer) == ["service docker start"]


@pytest.mark.usefixtures("root")
def test_what_is_shown_is_what_is_done_under_systemd(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    computer.answers = False
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: True)
    (start,) = missing(computer, computer.which)
    assert start.commands == ("systemctl enable --now docker",)
    assert done(computer) == ["systemctl enable --now docker"]


@pytest.mark.usefixtures("learner")
def test_an_ordinary_user_uses_sudo_without_a_prompt(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "booted_by_systemd", lambda: False)
    computer.programs.remove("vagrant")
    sudo = "sudo --non-interactive"
    assert done(computer) == [
        f"{sudo} DEBIAN_FRONTEND=noninteractive apt-get update",
        f"{sudo} DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends vagrant",
        f"{sudo} DEBIAN_FRONTEND=noninteractive usermod --append --groups docker learner",
    ]


@pytest.mark.usefixtures("learner")
def test_an_ordinary_user_gets_the_docker_group(computer: Computer) -> None:
    (action,) = missing(computer, computer.which)
    assert action.commands == ("sudo usermod --append --groups docker learner",)
    assert "sg docker -c 'labctl up'" in action.title


@pytest.mark.usefixtures("learner")
@pytest.mark.parametrize("how", ["member", "this login"])
def test_who_is_in_the_group_needs_nothing(computer: Computer, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "member":
        monkeypatch.setattr(grp, "getgrnam", lambda name: grp.struct_group((name, "x", 999, ["learner"])))
    else:
        monkeypatch.setattr(os, "getgroups", lambda: [1000, 999])
    assert missing(computer, computer.which) == []


@pytest.mark.usefixtures("learner")
def test_a_group_that_is_not_there_yet_comes_with_the_package(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(grp, "getgrnam", unknown)
    computer.programs, computer.answers = {"apt-get"}, False
    assert [title.split()[0] for title in titles(computer)] == ["install", "start", "let"]


@pytest.mark.usefixtures("root")
def test_without_apt_get_it_says_what_to_install(computer: Computer) -> None:
    computer.programs = {"ssh", "docker", "dockerd"}
    with pytest.raises(ToolError, match=r"lacks iptables, mmdebstrap, vagrant, .* only with apt-get") as caught:
        missing(computer, computer.which)
    assert "install Vagrant" in (caught.value.hint or "")


@pytest.mark.usefixtures("root")
def test_without_apt_get_a_whole_computer_is_fine(computer: Computer) -> None:
    computer.programs.remove("apt-get")
    assert missing(computer, computer.which) == []


@pytest.mark.usefixtures("learner")
def test_a_failure_ends_setup_with_the_command_and_what_next(computer: Computer) -> None:
    computer.programs.remove("vagrant")
    computer.fails = "install"
    actions = missing(computer, computer.which)
    said: list[str] = []
    with pytest.raises(ToolError, match="setup failed") as caught:
        perform(actions, said.append)
    assert len(said) == 1
    assert "E: no such package" in (caught.value.output or "")
    assert "sudo -v" in (caught.value.hint or "")
    assert "vagrant" in (caught.value.command or ())


def test_programs_of_system_folders_are_found_by_ordinary_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host._which("sh") is None
    assert host._which("ldconfig") in ("/usr/sbin/ldconfig", "/sbin/ldconfig")
