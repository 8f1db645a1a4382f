"""An OpenSSH server of the tests' own on 127.0.0.1: throw-away keys, this user's account, a stand-in for sudo."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = "/usr/sbin/sshd"
# Runs what `sudo -n` would run as root, as whoever runs the tests; says how it was called.
_SUDO = """#!/bin/sh
[ "$1" = -n ] || { echo "sudo: a password is required" >&2; exit 1; }
shift
exec "$@"
"""


@dataclass(frozen=True)
class SshServer:
    """config: an ssh_config whose node-1 is the server and whose node-9 answers nowhere. log: what the server said."""

    config: Path
    log: Path

    def logins(self) -> int:
        return self.log.read_text(errors="replace").count("Accepted publickey")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def _host(name: str, port: int, key: Path) -> str:
    return f"""Host {name}
  HostName 127.0.0.1
  Port {port}
  User {getpass.getuser()}
  IdentityFile "{key}"
  IdentitiesOnly yes
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  LogLevel ERROR
"""


def _server_config(folder: Path, port: int) -> str:
    locked = os.geteuid() == 0 and _root_is_locked()
    return f"""Port {port}
ListenAddress 127.0.0.1
HostKey "{_key(folder / "host_key")}"
AuthorizedKeysFile "{folder / "client_key.pub"}"
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM {"yes" if locked else "no"}
PidFile none
LogLevel VERBOSE
SetEnv PATH="{folder / "bin"}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""


def _root_is_locked() -> bool:
    """A locked account may only log in by way of PAM."""
    line = next(line for line in Path("/etc/shadow").read_text().splitlines() if line.startswith("root:"))
    return line.split(":")[1].startswith("!")


@contextmanager
def ssh_server() -> Iterator[SshServer]:
    """Start it, and end it with all its connections."""
    with tempfile.TemporaryDirectory(prefix="sshd-") as name:
        folder = Path(name)
        sudo = folder / "bin" / "sudo"
        sudo.parent.mkdir()
        sudo.write_text(_SUDO)
        sudo.chmod(0o755)
        key, port = _key(folder / "client_key"), free_port()
        (folder / "sshd_config").write_text(_server_config(folder, port))
        lab = folder / "lab"
        lab.mkdir()
        (lab / "ssh_config").write_text(_host("node-1", port, key) + _host("node-9", free_port(), key))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where an init script would have made it
        log = folder / "sshd.log"
        command = [SSHD, "-D", "-f", str(folder / "sshd_config"), "-E", str(log)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            _await(process, port, log)
            yield SshServer(lab / "ssh_config", log)
        finally:
            process.terminate()
            process.wait(10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        said = log.read_text(errors="replace") if log.exists() else ""
        assert process.poll() is None and time.monotonic() < deadline, f"sshd does not answer: {said}"
        time.sleep(0.05)
