"""Part: the root file system of a bare node (node/root.tar) for the docker provider.

It has what a fresh machine has: systemd, ssh, sudo, Python for Ansible. Docker and Kubernetes are the roles' work.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

from labctl.errors import ToolError
from labctl.sources.distribution.apt_sources import codename
from labctl.sources.distribution.part import Part, Workshop

ROOT_TAR = "root.tar"
# Priority "required" in Debian 12, then what a box for Vagrant has.
_PACKAGES = (
    *("adduser", "e2fsprogs", "gpgv", "mount", "passwd", "tzdata"),
    *("systemd", "systemd-sysv", "dbus", "udev", "kmod", "procps", "openssh-server", "sudo", "python3"),
    *("ca-certificates", "curl", "iproute2", "iputils-ping", "less", "netbase"),
)
# All of it: mmdebstrap's variant "apt" is exactly the first two.
BOX = ("?essential", "apt", *_PACKAGES)
# What many a box has, too: the role base chooses iptables' variant, before Docker makes its first rules.
_MORE = ("iptables",)

# Nobody reads manuals on a node, and each package that is installed later is smaller, too.
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*")
_KEPT = ("/usr/share/doc/*/copyright",)
# Any fixed moment: files made later get it, so that the same packages give the same archive.
_MOMENT = "1600000000"
_HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
_SSH_KEYS = f"""\
# Host keys are made at a node's first start: those of one archive would be the same on every node.
# One kind is enough: with RSA, which `ssh-keygen -A` makes, too, four nodes that start at once take two seconds more.
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -s {_HOST_KEY} || ssh-keygen -q -t ed25519 -N "" -f {_HOST_KEY}'
ExecStartPre=/usr/sbin/sshd -t
"""
_SECONDS = 1800


def _inputs(shop: Workshop) -> Sequence[str]:
    return [deb.file for deb in shop.apt.closure((*BOX, *_MORE))]


def _build(shop: Workshop, into: Path) -> None:
    with shop.scratch() as work:
        drop_in = work / "labctl.conf"
        drop_in.write_text(_SSH_KEYS, encoding="utf-8")
        target = "/etc/systemd/system/ssh.service.d"
        command = [
            "mmdebstrap",
            "--variant=apt",
            f"--architectures={shop.arch}",
            f"--include={','.join((*_PACKAGES, *_MORE))}",
        ]
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
        command += [f"--dpkgopt=path-include={pattern}" for pattern in _KEPT]
        command += [
            f"--aptopt={shop.apt.acquire_config}",
            # This computer's own proxies are not the node's.
            '--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"',
            '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',
            f'--customize-hook=mkdir -p "$1{target}"',
            f"--customize-hook=copy-in {drop_in} {target}",
            codename(),
            str(into / ROOT_TAR),
            *(str(source) for source in shop.apt.sources),
        ]
        try:
            shop.runner.run(command, env={"SOURCE_DATE_EPOCH": _MOMENT}, timeout=_SECONDS)
        except ToolError as error:
            raise ToolError(
                "the root file system of a node could not be made",
                hint=None if os.geteuid() == 0 else "run `labctl bundle create` once as root, or install uidmap",
                command=error.command,
                output="\n".join((error.output or "").splitlines()[-30:]),
            ) from error


def extract_status(root_tar: Path, into: Path) -> Path:
    """The root's dpkg status file, which says what is installed in it. Raises ToolError: it is not in the archive."""
    status = into / "status"
    with tarfile.open(root_tar) as archive:
        for member in archive:
            if member.name.lstrip("./") == "var/lib/dpkg/status":
                stream = archive.extractfile(member)
                if stream is not None:
                    status.write_bytes(stream.read())
                    return status
    raise ToolError(f"{root_tar} holds no var/lib/dpkg/status")


PART = Part("node-root", "root file system of a node", (), _inputs, _build)
