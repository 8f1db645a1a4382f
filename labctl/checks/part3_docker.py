"""Part 3 of the tutorial, container runtime: Docker as a systemd service, and what its log says of itself."""

from __future__ import annotations

import re
from typing import Any

from labctl.checks.docker_bridge import BRIDGE
from labctl.checks.docker_facts import observe_driver, observe_version
from labctl.checks.model import At, Check
from labctl.checks.units import (
    ExpectedUnit,
    flag_lines,
    observe_command_line,
    process_lines,
    status_lines,
    usr_drift,
)
from labctl.facts import Facts
from labctl.releases import TUTORIAL

STATUS = "systemctl status docker"
SOURCE = "Part 3, container runtime"
UNIT = ExpectedUnit(unit="docker.service", docs="https://docs.docker.com", triggered_by="docker.socket")
ARGUMENTS = "-H fd:// --containerd=/run/containerd/containerd.sock"
_SERIES = re.compile(rf"^{re.escape(TUTORIAL.docker_series)}\.\d+")

SERVICE = Check(
    id="docker.service",
    scope="node",
    title="Docker runs as a systemd service",
    source=SOURCE,
    command=STATUS,
    shown="Loaded: loaded (/lib/systemd/system/docker.service; enabled; …)\nActive: active (running)\n"
    "TriggeredBy: ● docker.socket\nDocs: https://docs.docker.com",
    judged="path, enabled, active (running), TriggeredBy and Docs are as shown; /usr/lib for /lib is DRIFT",
    breaks="sudo systemctl disable --now docker.service docker.socket",
    fix="labctl up --from docker",
    expect=UNIT.expect,
    observe=UNIT.observe,
    drift=usr_drift,
    show=status_lines,
)


def observe_docker_command_line(facts: Facts, at: At) -> dict[str, Any]:
    """The command line of dockerd."""
    return observe_command_line(facts, at, UNIT.unit)


def compare_command_line(_expected: object, actual: dict[str, Any]) -> str | None:
    """Only dockerd from whatever folder, with exactly these arguments, running and in the unit file."""
    if actual["process"] is None:
        return f"dockerd does not run: {actual['state']}"
    for line, told in ((actual["process"], "it was started as"), (actual["unit file"], "the unit file starts")):
        if line is None:
            continue
        program, _, arguments = line.partition(" ")
        if program.rpartition("/")[2] != "dockerd" or arguments.split() != ARGUMENTS.split():
            return f"{told} {line}"
    return None


COMMAND_LINE = Check(
    id="docker.command-line",
    scope="node",
    title="dockerd was started as the tutorial shows",
    source=SOURCE,
    command=STATUS,
    shown=flag_lines(f"/usr/bin/dockerd {ARGUMENTS}"),
    judged="the main process is dockerd, from whatever folder, with exactly these arguments",
    breaks="add --debug to ExecStart of docker.service, systemctl daemon-reload, systemctl restart docker",
    fix="labctl up --from docker",
    expect=lambda _: {"process": f"dockerd {ARGUMENTS}"},
    observe=observe_docker_command_line,
    compare=compare_command_line,
    show=process_lines,
)


def compare_version(_expected: str, actual: str) -> str | None:
    """Of the tutorial's series, or not."""
    return None if _SERIES.match(actual) else f"it is {actual}, not of the series {TUTORIAL.docker_series}"


def version_drift(_expected: str, actual: str) -> str | None:
    """Another patch level of the same series."""
    if not _SERIES.match(actual) or actual == TUTORIAL.tutorial.docker:
        return None
    return f"{actual} where the tutorial shows {TUTORIAL.tutorial.docker}: another patch level of the same series"


VERSION = Check(
    id="docker.version",
    scope="node",
    title="the Docker engine is of the tutorial's series",
    source=SOURCE,
    command=STATUS,
    shown='msg="Docker daemon" commit=8728dd2 graphdriver(s)=overlay2 version=20.10.6',
    judged=f"the engine's version is {TUTORIAL.docker_series}.x; another patch level than the tutorial's is DRIFT",
    breaks="install another Docker on one node",
    fix="labctl up --from docker",
    expect=lambda _: f"{TUTORIAL.docker_series}.x",
    observe=observe_version,
    compare=compare_version,
    drift=version_drift,
    show=lambda actual: f"version={actual}",
)
STORAGE_DRIVER = Check(
    id="docker.storage-driver",
    scope="node",
    title="Docker's graph driver is overlay2",
    source=SOURCE,
    command=STATUS,
    shown='msg="Docker daemon" commit=8728dd2 graphdriver(s)=overlay2 version=20.10.6',
    judged="docker info names the driver overlay2",
    breaks='set "storage-driver": "vfs" in /etc/docker/daemon.json, systemctl restart docker',
    fix="labctl up --from docker",
    expect=lambda _: "overlay2",
    observe=observe_driver,
    show=lambda actual: f"graphdriver(s)={actual}",
)

CHECKS = (SERVICE, COMMAND_LINE, VERSION, STORAGE_DRIVER, BRIDGE)
