"""Reaches the lab's nodes with OpenSSH over kept connections: commands as root, and trees of files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from labctl.adapters.ports import Completed
from labctl.adapters.process import LocalProcessRunner, stop
from labctl.errors import ToolError

# Seconds. A node of the lab is one hop away: who does not answer by then is down.
CONNECT_TIMEOUT = 5
# OpenSSH's own exit code for "could not connect".
_SSH_FAILED = 255
# What a socket adds to its folder: labctl-<uid>-<8>/<40>.<16>, while it is made.
_LONGEST_BASE = 20


def runtime_folder(lab: Path) -> Path:
    """A short private folder for the sockets of a lab's kept connections (a socket's path ends at 104 characters)."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(str(base)) > _LONGEST_BASE:
        base = Path("/tmp")  # noqa: S108 - the folder in it is private, and looked at below
    folder = base / f"labctl-{os.getuid()}-{hashlib.sha256(str(lab).encode()).hexdigest()[:8]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise ToolError(f"{folder} belongs to somebody else", hint="set XDG_RUNTIME_DIR to a folder of your own")
    return folder


class OpenSshShell:
    """Fulfils NodeShell by `ssh -F <lab>/ssh_config <node>`."""

    def __init__(self, config: Path, runner: LocalProcessRunner) -> None:
        self._config = config
        self._runner = runner

    def options(self) -> list[str]:
        """The options of every connection: the lab's own configuration, never a prompt, one connection kept a node."""
        return [
            *("-F", str(self._config), "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_TIMEOUT}"),
            *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
            *("-o", "ControlMaster=auto", "-o", "ControlPersist=60"),
            *("-o", f"ControlPath={runtime_folder(self._config.parent)}/%C"),
        ]

    def run(
        self, node: str, command: str, *, stdin: bytes | None = None, timeout: float = 30, check: bool = True
    ) -> Completed:
        """Run a shell command as root on a node, as ports.NodeShell.run says."""
        self._known(node)
        argv = ["ssh", *self.options(), node, "--", f"sudo -n sh -c {shlex.quote(command)}"]
        try:
            done = self._runner.run(argv, stdin=stdin, timeout=timeout, check=False)
        except ToolError as error:
            raise ToolError(
                f"{node}: {error.message}",
                command=["ssh", node, command],
                output=error.output,
                hint=error.hint or f"is {node} overloaded? labctl ssh {node} -- uptime",
            ) from None
        if done.returncode == _SSH_FAILED:
            raise _unreachable(node, done.stderr)
        if check and done.returncode != 0:
            raise ToolError(
                f"a command failed on {node} with exit code {done.returncode}",
                command=["ssh", node, command],
                output=done.output,
                hint=f"try it there: labctl ssh {node}",
            )
        return done

    def push_tree(self, node: str, source: Path, files: Sequence[str], destination: str) -> None:
        """Stream files (relative to source) as a tar archive into a folder of the node, as root."""
        self._known(node)
        listing = "".join(f"{name}\0" for name in files).encode(errors="surrogateescape")
        pack = ["tar", "-C", str(source), "--null", "--no-recursion", "-T", "-", "-cf", "-"]
        place = shlex.quote(destination)
        script = f"mkdir -p {place} && tar -C {place} --no-same-owner -xf -"
        receive = ["ssh", *self.options(), node, "--", f"sudo -n sh -c {shlex.quote(script)}"]
        with tempfile.TemporaryFile() as names, tempfile.TemporaryFile() as said:
            names.write(listing)
            names.seek(0)
            try:
                packed, received = self._pipe(pack, receive, names, said)
            except FileNotFoundError as error:
                raise ToolError(
                    f"{error.filename} is not there", hint="labctl setup installs what is missing"
                ) from None
            said.seek(0)
            output = said.read().decode("utf-8", "replace")
        if received == _SSH_FAILED:
            raise _unreachable(node, output)
        if packed or received:
            raise ToolError(
                f"files could not be copied to {node}",
                command=["ssh", node, script],
                output=output,
                hint=f"is the node's disk full? labctl ssh {node} -- df -h",
            )

    def _pipe(self, send: Sequence[str], receive: Sequence[str], stdin: IO[bytes], said: IO[bytes]) -> tuple[int, int]:
        """The exit codes of `send | receive`; what both say besides goes to said."""
        env = self._runner.environment()
        sender = subprocess.Popen(
            send, stdin=stdin, stdout=subprocess.PIPE, stderr=said, env=env, start_new_session=True
        )
        running = [sender]
        try:
            receiver = subprocess.Popen(
                receive, stdin=sender.stdout, stdout=said, stderr=said, env=env, start_new_session=True
            )
            running.append(receiver)
            if sender.stdout is not None:
                sender.stdout.close()
            received = receiver.wait()
            return sender.wait(), received
        except BaseException:
            for process in reversed(running):
                stop(process)
            raise

    def close(self) -> None:
        """Close the kept connections and remove their folder; none open is not an error."""
        folder = runtime_folder(self._config.parent)
        for socket in folder.iterdir():
            command = ["ssh", "-F", os.devnull, "-o", f"ControlPath={socket}", "-O", "exit", "lab"]
            self._runner.run(command, check=False, timeout=10)
            socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _known(self, node: str) -> None:
        if not self._config.is_file():
            raise ToolError(f"{node} has no SSH configuration yet", hint="labctl up")


def _unreachable(node: str, output: str) -> ToolError:
    return ToolError(f"{node} cannot be reached over SSH", command=["ssh", node], output=output, hint="labctl up")
