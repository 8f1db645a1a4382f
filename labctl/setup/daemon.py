"""Starts the Docker daemon of this computer: with systemd, with its init script, or by itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import tenacity

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError

_SECONDS = 60.0
_LOG = "/var/log/docker.log"


def booted_by_systemd() -> bool:
    """Whether systemd runs this computer (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def start_command() -> tuple[str, ...]:
    """What starts the daemon here, to be run as root."""
    return ("systemctl", "enable", "--now", "docker") if booted_by_systemd() else ("service", "docker", "start")


def daemon_answers(runner: ProcessRunner, *, as_root: bool = False) -> bool:
    """Whether a Docker daemon answers (asked with sudo as well where as_root: the docker group may be new)."""
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    if _succeeds(runner, command):
        return True
    return as_root and os.geteuid() != 0 and _succeeds(runner, ["sudo", "--non-interactive", *command])


def _succeeds(runner: ProcessRunner, command: list[str]) -> bool:
    try:
        return runner.run(command, timeout=20, check=False).returncode == 0
    except ToolError:
        return False


def start_daemon(runner: ProcessRunner) -> None:
    """Start the daemon and wait until it answers. Raises ToolError with what was tried."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    command = [*sudo, *start_command()]
    try:
        done = runner.run(command, timeout=120, check=False)
        started, output = done.returncode == 0, done.output
    except ToolError as error:
        started, output = False, error.message
    if not started and not daemon_answers(runner, as_root=True):
        # The init script gives up where it may not raise its limits; the daemon itself does not need that.
        _start_directly(sudo)
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(_SECONDS),
        wait=tenacity.wait_fixed(0.5),
        retry=tenacity.retry_if_result(lambda answers: not answers),
        retry_error_callback=lambda _: False,
    )
    if not retrying(daemon_answers, runner, as_root=True):
        raise ToolError(
            f"the Docker daemon does not answer {_SECONDS:.0f} s after its start",
            command=command,
            output=output,
            hint=f"its log ({_LOG}, or `journalctl -u docker`) says why",
        )


def _start_directly(sudo: list[str]) -> None:
    """Start dockerd as a daemon of its own: it outlives labctl, like one that an init script started."""
    script = f"exec setsid dockerd >>{_LOG} 2>&1 </dev/null &"
    subprocess.run([*sudo, "sh", "-c", script], check=False, stdin=subprocess.DEVNULL)
