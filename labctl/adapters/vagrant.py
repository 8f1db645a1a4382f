"""Vagrant in the folder of one lab, by python-vagrant; fulfils ports.Machines.

Vagrant writes to a file, never to a pipe of ours: labctl may be killed, a `vagrant up` that runs goes on to its end.
Which machines there are and what they are made of stands in the rendered Vagrantfile, not here.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import tenacity

from labctl.adapters.ports import NOT_CREATED, RUNNING
from labctl.errors import ToolError

if TYPE_CHECKING:
    from vagrant import Vagrant

# Settings of a user's own Vagrant work that would lead Vagrant away from the lab's folder or order of work.
_FOREIGN = (
    "VAGRANT_CWD",
    "VAGRANT_VAGRANTFILE",
    "VAGRANT_DOTFILE_PATH",
    "VAGRANT_DEFAULT_PROVIDER",
    "VAGRANT_NO_PARALLEL",
)
# Nothing is fetched or asked but what the Vagrantfile names.
_QUIET = {"VAGRANT_CHECKPOINT_DISABLE": "1", "VAGRANT_BOX_UPDATE_CHECK_DISABLE": "1", "VAGRANT_NO_COLOR": "1"}
# Signs in Vagrant's output (lower case) -> what to do next.
_HINTS = (
    (
        ("networks.conf",),
        "let VirtualBox use the lab's addresses: `* 192.168.50.0/24 192.168.56.0/21` in /etc/vbox/networks.conf",
    ),
    (
        ("address already in use", "port is already allocated"),
        "another program of this computer has the port: `ss -ltnp` shows which; end it, then `labctl up` goes on",
    ),
    (
        ("pool overlaps",),
        "another network of this computer has the lab's addresses: `docker network ls`, or other ones in the lab file",
    ),
    (
        ("is already in use by container",),
        "a container of that name is there and is not this lab's: `docker ps --all`",
    ),
)
_FOLLOW_SECONDS = 0.3
_ATTEMPTS = 4
_TAIL = 40


class VagrantMachines:
    """The machines of the Vagrantfile in folder. env: Vagrant's whole environment. Its output is added to log.

    states and ssh_config are a provider's own answers, for each question that Vagrant takes seconds over (it starts,
    then asks the provider's tool a dozen times); where they are None or give None, Vagrant is asked.
    """

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        log: Path,
        *,
        states: Callable[[], Mapping[str, str] | None] | None = None,
        ssh_config: Callable[[], str | None] | None = None,
    ) -> None:
        self._states = states or _unknown
        self._ssh_config = ssh_config or _unknown
        self._folder = folder
        self._env = {name: value for name, value in env.items() if name not in _FOREIGN} | _QUIET
        self._log = log

    def up(self, names: Sequence[str], *, provider: str, on_line: Callable[[str], None] | None = None) -> None:
        """Start those that do not run by one Vagrant, in parallel where the provider can, and confirm that they run.

        on_line sees each line that Vagrant writes meanwhile. Raises ToolError.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_crossed), stop=tenacity.stop_after_attempt(_ATTEMPTS), reraise=True
        )
        retrying(self._up, names, provider, on_line)

    def _up(self, names: Sequence[str], provider: str, on_line: Callable[[str], None] | None) -> None:
        known = self._states() or {}
        missing = [name for name in names if known.get(name) != RUNNING]
        if not missing:
            return
        command = f"vagrant up --provider={provider}"
        with self._logged(command) as start, _followed(self._log, start, on_line):
            self._call(command, lambda vagrant: vagrant.up(vm_name=_one_of(missing), provider=provider))
        still = self._not_running(names, self.status())
        if still:
            raise ToolError(
                f"Vagrant ended well, but not all machines run: {', '.join(still)}",
                command=command.split(),
                output=self._tail(start),
            )

    def status(self) -> dict[str, str]:
        """Machine name -> its state, `running` or another word for what it is. Raises ToolError."""
        quick = self._states()
        if quick is not None:
            return dict(quick)
        found = self._call("vagrant status --machine-readable", lambda vagrant: vagrant.status())
        return {str(status.name): str(status.state) for status in found}

    def ssh_config(self) -> str:
        """OpenSSH configuration of all machines. Raises ToolError where one of them does not run."""
        return self._ssh_config() or str(self._call("vagrant ssh-config", lambda vagrant: vagrant.ssh_config()))

    def suspend(self, names: Sequence[str]) -> None:
        """Suspend machines, one after another; libvirt keeps their memory, VirtualBox saves it. Raises ToolError."""
        self._typed("suspend", _one_of(names))

    def snapshots(self) -> dict[str, frozenset[str]]:
        """Machine name -> its snapshots' names, of machines that have any. Raises ToolError."""
        argv = ["snapshot", "list", "--machine-readable"]
        told = self._call(f"vagrant {shlex.join(argv)}", lambda vagrant: vagrant._run_vagrant_command(argv))
        rows = [line.split(",", 4) for line in told.splitlines()]
        # A name stands alone; advice to who has none is indented.
        named = [(row[1], row[4]) for row in rows if row[2:4] == ["ui", "detail"] and not row[4].startswith(" ")]
        return {node: frozenset(name for of, name in named if of == node) for node, _ in named}

    def save_snapshot(self, snapshot: str) -> None:
        """Snapshot all machines, one after another. Raises ToolError."""
        self._typed("snapshot", "save", snapshot)

    def restore_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        """Put machines back, one after another; none of the Vagrantfile's provisioners runs. Raises ToolError."""
        self._typed("snapshot", "restore", "--no-start", "--no-provision", _one_of(names), snapshot)

    def delete_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        """Remove a snapshot of machines that have it. Raises ToolError."""
        self._typed("snapshot", "delete", _one_of(names), snapshot)

    def remove(self, name: str) -> None:
        """Destroy one machine. Raises ToolError."""
        command = f"vagrant destroy --force {name}"
        with self._logged(command):
            self._call(command, lambda vagrant: vagrant.destroy(vm_name=name))

    def halt(self) -> None:
        """Stop all machines. Raises ToolError."""
        command = "vagrant halt"
        with self._logged(command):
            self._call(command, lambda vagrant: vagrant.halt())

    def destroy(self) -> None:
        """Destroy all machines that Vagrant has made; none is not an error. Raises ToolError."""
        if not (self._folder / "Vagrantfile").is_file():
            return
        if self._states() is not None and not any(self._folder.glob(".vagrant/machines/*/*/index_uuid")):
            # Vagrant has never had to do with them: its provider removes them in a fraction of the time.
            return
        command = "vagrant destroy --force"
        with self._logged(command):
            try:
                self._call(command, lambda vagrant: vagrant.destroy())
            except ToolError:
                # Vagrant also removes networks that it takes for its own and fails over them; the machines count.
                if any(state != NOT_CREATED for state in self.status().values()):
                    raise

    def _typed(self, *argv: str) -> None:
        """Run a command that python-vagrant has not, or not for some machines only."""
        command = f"vagrant {shlex.join(argv)}"
        with self._logged(command):
            self._call(command, lambda vagrant: vagrant._call_vagrant_command(list(argv)))

    @staticmethod
    def _not_running(names: Sequence[str], states: Mapping[str, str]) -> list[str]:
        """What to say of each machine that does not run."""
        return [f"{name} is {states.get(name, 'unknown')}" for name in names if states.get(name) != RUNNING]

    def _vagrant(self) -> Vagrant:
        if shutil.which("vagrant") is None:
            raise ToolError("there is no vagrant command", hint="`labctl setup` installs it")
        return _machine_readable()(str(self._folder), env=self._env, out_cm=self._appending, err_cm=self._appending)

    def _call(self, command: str, action: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - what python-vagrant returns
        start = self._size()
        try:
            return action(self._vagrant())
        except subprocess.CalledProcessError as error:
            output = "\n".join(part for part in (_text(error.output), self._tail(start)) if part)
            raise ToolError(
                f"{command} failed with exit code {error.returncode}",
                command=command.split(),
                output=output,
                hint=_hint(output) or f"all that Vagrant wrote is in {self._log}",
            ) from None
        except OSError as error:
            raise ToolError(f"{command} cannot be run: {error}", command=command.split()) from None

    @contextmanager
    def _logged(self, command: str) -> Iterator[int]:
        """Note the command in the log; the value is where its output begins, in bytes."""
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"$ {command}\n")
        except OSError as error:
            raise ToolError(f"{self._log} cannot be written: {error.strerror}") from None
        yield self._size()

    @contextmanager
    def _appending(self) -> Iterator[TextIO]:
        with self._log.open("a", encoding="utf-8") as log:
            yield log

    def _size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _tail(self, start: int) -> str:
        """The last lines that Vagrant wrote since start."""
        try:
            with self._log.open("rb") as log:
                log.seek(start)
                lines = log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(line for line in lines[-_TAIL:] if line.strip())


def _machine_readable() -> type[Vagrant]:
    """python-vagrant's class with a reader of machine-readable output that passes over what is not."""
    from vagrant import Vagrant

    class RobustVagrant(Vagrant):
        """status() of python-vagrant 1.0 breaks on banners, warnings of plugins and lines of five fields."""

        def _parse_machine_readable_output(self, output: str) -> list[list[str]]:
            rows = [line.split(",", 3) for line in output.splitlines()]
            return [row for row in rows if len(row) == 4 and row[0].isdigit() and row[1] and row[2] in _KINDS]  # noqa: PLR2004

    return RobustVagrant


_KINDS = ("state", "provider-name")


@contextmanager
def _followed(log: Path, start: int, on_line: Callable[[str], None] | None) -> Iterator[None]:
    """Give each line that is added to log from start on to on_line, from a thread, until the block ends."""
    if on_line is None:
        yield
        return
    ended = threading.Event()
    with log.open(encoding="utf-8", errors="replace") as stream:
        stream.seek(start)
        follower = threading.Thread(target=_follow, args=(stream, ended, on_line), daemon=True)
        follower.start()
        try:
            yield
        finally:
            ended.set()
            follower.join()


def _follow(stream: TextIO, ended: threading.Event, on_line: Callable[[str], None]) -> None:
    rest = ""
    last = False
    while not last:
        last = ended.wait(_FOLLOW_SECONDS)
        *lines, rest = (rest + stream.read()).split("\n")
        for line in lines:
            if line.strip():
                on_line(line.rstrip())


def _one_of(names: Sequence[str]) -> str:
    """One regular expression, which Vagrant takes in place of a name."""
    return f"/^({'|'.join(re.escape(name) for name in names)})$/"


def _unknown() -> None:
    """No answer: Vagrant is to be asked."""


def _text(output: bytes | str | None) -> str:
    return output.decode("utf-8", "replace").strip() if isinstance(output, bytes) else (output or "").strip()


def _hint(output: str) -> str | None:
    """What to do next, for the failures that learners meet most."""
    said = output.lower()
    for signs, hint in _HINTS:
        if any(sign in said for sign in signs):
            return hint
    return None


def _crossed(error: BaseException) -> bool:
    """Vagrant lists all containers, then inspects each: one of somebody else that ended meanwhile makes it fail."""
    return isinstance(error, ToolError) and "No such object" in (error.output or "")
