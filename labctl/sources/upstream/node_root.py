"""Makes the root file system of a bare Ubuntu node from the base image, with Docker: node/root.tar.

It holds what a box of a virtual machine has (systemd, ssh, sudo, python3, …) and neither Docker nor Kubernetes: those
are the roles' business. What becomes of it is the docker provider's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "openssh-server",
    "sudo",
    "python3",
    "python3-apt",
    "iproute2",
    "iputils-ping",
    "kmod",
    "procps",
    "dbus",
    "ca-certificates",
    # Ubuntu's boxes have these already, and Docker's and conntrack's packages build on them.
    "iptables",
    "libdevmapper1.02.1",
    "libwrap0",
)
_SCRIPT = """set -e
export DEBIAN_FRONTEND=noninteractive
if [ -n "$MIRROR" ]; then sed -i -E "s#https?://[^ ]+/(ubuntu|ubuntu-ports)/?#$MIRROR#" /etc/apt/sources.list; fi
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* /etc/machine-id /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
"""
_MINUTES = 60.0


def docker_missing(runner: ProcessRunner) -> str | None:
    """Why Docker cannot be used on this computer, None if it can."""
    try:
        answer = runner.run(("docker", "version", "--format", "{{.Server.Version}}"), timeout=20, check=False)
    except ToolError as error:
        return error.message
    return None if answer.returncode == 0 else (answer.output.splitlines() or ["docker version failed"])[-1]


def build_root(runner: ProcessRunner, archive: Path, tag: str, mirror: str, target: Path) -> None:
    """Install PACKAGES into a container of the image in archive (loaded under tag) and export it to target.

    mirror: Ubuntu's archive to use, "" for the image's own. Raises ToolError; leaves neither container nor image.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    name = f"labctl-node-root-{os.getpid()}"
    with _loaded(runner, archive, tag):
        try:
            runner.run(
                ("docker", "run", "--name", name, "-e", f"MIRROR={mirror}", tag, "sh", "-c", _SCRIPT, "sh", *PACKAGES),
                timeout=20 * _MINUTES,
            )
            runner.run(("docker", "export", "-o", str(target), name), timeout=5 * _MINUTES)
        except ToolError as error:
            raise ToolError(
                f"the root of a bare node cannot be made: {error.message}",
                hint="containers of this computer need Ubuntu's archive for it: set LABCTL_MIRROR_UBUNTU to one that "
                "they reach; without a running Docker the bundle is made without it (for virtual machines)",
                command=error.command,
                output=error.output,
            ) from error
        finally:
            runner.run(("docker", "rm", "-f", name), timeout=_MINUTES, check=False)
    target.chmod(0o644)


@contextmanager
def _loaded(runner: ProcessRunner, archive: Path, tag: str) -> Iterator[None]:
    runner.run(("docker", "load", "-i", str(archive)), timeout=5 * _MINUTES)
    try:
        yield
    finally:
        runner.run(("docker", "rmi", tag), timeout=_MINUTES, check=False)
