"""Finds what is missing on this computer (packages, a running Docker daemon, the docker group) and supplies it.

Every action is shown before it is done. Packages come from the distribution as the computer is set up.
"""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.setup.daemon import daemon_answers, start_command, start_daemon

# What a command of labctl runs -> the Debian and Ubuntu package that has it. mmdebstrap makes nodes from packages.
_PACKAGES = {
    "vagrant": "vagrant",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "ssh": "openssh-client",
    "mmdebstrap": "mmdebstrap",
    "iptables": "iptables",
}
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Action:
    """One thing to do: what for, the commands as a user would type them, and how it is done."""

    title: str
    commands: tuple[str, ...]
    run: Callable[[], None]


def missing(runner: ProcessRunner, which: Callable[[str], str | None] | None = None) -> list[Action]:
    """What is to be done, in order; empty where nothing is. Raises ToolError where labctl cannot do it itself."""
    find = which or _which
    packages = sorted({package for program, package in _PACKAGES.items() if find(program) is None})
    actions = []
    if packages:
        if find("apt-get") is None:
            raise ToolError(
                f"this computer lacks {', '.join(packages)}, and labctl installs packages only with apt-get",
                hint="install Vagrant and Docker (or VirtualBox) as their projects describe, then run labctl up",
            )
        actions.append(_install(runner, packages))
    if "docker.io" in packages or not daemon_answers(runner, as_root=True):
        actions.append(Action("start the Docker daemon", (_shown(start_command()),), lambda: start_daemon(runner)))
    user = getpass.getuser()
    if os.geteuid() != 0 and not _in_docker_group(user):
        command = ("usermod", "--append", "--groups", "docker", user)
        actions.append(
            Action(
                f"let {user} use Docker (from the next login on; until then: sg docker -c 'labctl up')",
                (_shown(command),),
                lambda: _as_root(runner, command),
            )
        )
    return actions


def perform(actions: Sequence[Action], announce: Callable[[str], None]) -> None:
    """Do them in order, telling each before it is done. Raises ToolError at the first that fails."""
    for action in actions:
        announce(f"{action.title}: {'; '.join(action.commands)}")
        action.run()


def _which(program: str) -> str | None:
    """As shutil.which, also where an ordinary user's PATH leaves out /usr/sbin."""
    return shutil.which(program) or shutil.which(program, path="/usr/local/sbin:/usr/sbin:/sbin")


def _install(runner: ProcessRunner, packages: Sequence[str]) -> Action:
    # Without Recommends: Debian's docker.io would pull a kernel in.
    update = ("apt-get", "update")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)

    def run() -> None:
        _as_root(runner, update)
        _as_root(runner, install)

    return Action("install what labctl needs from the distribution", (_shown(update), _shown(install)), run)


def _shown(command: Sequence[str]) -> str:
    """A command of root's as this user would type it."""
    return shlex.join(command if os.geteuid() == 0 else ("sudo", *command))


def _as_root(runner: ProcessRunner, command: Sequence[str]) -> None:
    prefix = (
        [] if os.geteuid() == 0 else ["sudo", "--non-interactive", f"DEBIAN_FRONTEND={_ENVIRONMENT['DEBIAN_FRONTEND']}"]
    )
    try:
        runner.run([*prefix, *command], env=_ENVIRONMENT, timeout=1800)
    except ToolError as error:
        raise ToolError(
            f"setup failed: {error.message}",
            command=error.command,
            output=error.output,
            hint="run the command yourself and see what it says; `sudo -v` first where sudo asks for a password",
        ) from None


def _in_docker_group(user: str) -> bool:
    import grp

    try:
        group = grp.getgrnam("docker")
    except KeyError:
        return False
    return user in group.gr_mem or group.gr_gid in os.getgroups()
