"""What Docker says of itself on one node. Judging it stands with the claims."""

from __future__ import annotations

import re

from labctl.checks.model import At
from labctl.checks.units import not_running
from labctl.facts import Facts, NotObserved, NotObservedError, need
from labctl.facts.observed import field
from labctl.releases import TUTORIAL

_SERIES = re.compile(rf"^{re.escape(TUTORIAL.docker_series)}\.\d+")


def require_docker(facts: Facts, at: At) -> None:
    """Nothing is known of an engine that does not run. Raises NotObservedError if it does not."""
    state = not_running(facts, at.node.name, "docker.service")
    if state is not None:
        raise NotObservedError(f"docker.service of {at.node.name} does not run: {state}")


def observe_version(facts: Facts, at: At) -> str:
    """The engine's version by docker version; by docker info where that contradicts and is not of the series."""
    require_docker(facts, at)
    machine = facts.machine(at.node.name)
    version = field(need(machine.docker_version), "Server.Version", str, "", of="docker-version.json")
    if not version:
        raise NotObservedError(f"docker version of {at.node.name} names no server")
    if not isinstance(machine.docker_info, NotObserved):
        other = machine.docker_info.get("ServerVersion")
        if isinstance(other, str) and _SERIES.match(version) and not _SERIES.match(other or version):
            return other
    return version


def observe_driver(facts: Facts, at: At) -> str:
    """The graph driver by docker info."""
    require_docker(facts, at)
    driver = field(need(facts.machine(at.node.name).docker_info), "Driver", str, "", of="docker-info.json")
    if not driver:
        raise NotObservedError(f"docker info of {at.node.name} names no graph driver")
    return driver
