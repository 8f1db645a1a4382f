"""What the rest of labctl asks of the world, as protocols.

The files beside this one fulfil them with real tools; tests/fakes.py fulfils them in memory.
No tool's library is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Completed:
    """What a finished process left: its argv, return code and decoded output."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for messages."""
        return "\n".join(part for part in (self.stdout.strip(), self.stderr.strip()) if part)


class ProcessRunner(Protocol):
    """Runs programs of this computer, each in the run's process group."""

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
        """Run to the end. env is added to this environment. on_line sees each line of both streams as it comes.

        Raises ToolError: the program is missing, the time (seconds) is over, or, with check, the return code is not 0.
        """
        ...

    def cancel(self) -> None:
        """End every program that runs now in any thread."""
        ...


class NodeShell(Protocol):
    """Runs commands on the lab's nodes over SSH."""

    def run(
        self, node: str, command: str, *, stdin: bytes | None = None, timeout: float = 30, check: bool = True
    ) -> Completed:
        """Run a shell command as root (sudo) on a node. Raises ToolError as ProcessRunner.run, also if unreachable."""
        ...

    def push_tree(self, node: str, source: Path, files: Sequence[str], destination: str) -> None:
        """Copy files (paths relative to source) into the destination folder of the node, as root. Raises ToolError."""
        ...

    def close(self) -> None:
        """Let go of kept connections."""
        ...


class ClusterApi(Protocol):
    """Answers of the lab's API server."""

    def get(self, path: str) -> dict[str, Any]:
        """GET a path such as /api/v1/nodes: its JSON object.

        Raises ToolError when the server cannot be asked or refuses, NotFoundError where there is no such thing.
        """
        ...

    def get_many(self, paths: Sequence[str]) -> dict[str, bytes | Exception]:
        """GET several paths in parallel: each body as it came, or what get would raise; an answer may be no JSON."""
        ...


class ClusterObjects(Protocol):
    """Makes and removes objects of the lab's API server; everything that only looks takes a ClusterApi."""

    def get(self, path: str) -> dict[str, Any]:
        """GET a path, as ClusterApi.get."""
        ...

    def create(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """POST an object to the path of its list. Raises ToolError with the server's own words where it refuses."""
        ...

    def delete(self, path: str) -> None:
        """DELETE an object, or all of a list, at once and without waiting; none there is not an error.

        Raises ToolError when the server cannot be asked or refuses.
        """
        ...


# States of a machine that labctl asks for, in Vagrant's words.
RUNNING = "running"
NOT_CREATED = "not_created"


class Machines(Protocol):
    """Vagrant, in the folder of one lab."""

    def up(self, names: Sequence[str], *, provider: str, on_line: Callable[[str], None] | None = None) -> None:
        """Start the machines and confirm by status that they run; on_line sees what is said. Raises ToolError."""
        ...

    def status(self) -> dict[str, str]:
        """Machine name -> Vagrant's state (running, not_created, poweroff, ...). Raises ToolError."""
        ...

    def ssh_config(self) -> str:
        """OpenSSH client configuration of all running machines. Raises ToolError."""
        ...

    def suspend(self, names: Sequence[str]) -> None:
        """Make machines stand still, one after another, with all that runs on them; `up` lets them go on.

        One that does not run is not an error. Raises ToolError.
        """
        ...

    def snapshots(self) -> dict[str, frozenset[str]]:
        """Machine name -> the names of the snapshots that the hypervisor keeps of it. Raises ToolError."""
        ...

    def save_snapshot(self, snapshot: str) -> None:
        """Let the hypervisor keep all machines as they are, one after another, by that name. Raises ToolError."""
        ...

    def restore_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        """Make machines again as they were when they were saved; `up` lets them go on. Raises ToolError."""
        ...

    def delete_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        """Remove the snapshot of that name of machines that have it. Raises ToolError."""
        ...

    def remove(self, name: str) -> None:
        """Destroy one machine that the Vagrantfile still has; one that is not there is no error. Raises ToolError."""
        ...

    def halt(self) -> None:
        """Stop all machines in order; one that does not run is not an error. Raises ToolError."""
        ...

    def destroy(self) -> None:
        """Destroy all machines of this lab; none is not an error. Raises ToolError."""
        ...


@dataclass(frozen=True)
class TaskEvent:
    """One Ansible task on one host, or the end of a playbook.

    outcome: started, waiting (message says for what), ok, changed, skipped, failed or unreachable; `ended` for the
    playbook as a whole, with its number of changes on all hosts.
    """

    task: str
    host: str | None
    outcome: str
    message: str = ""
    playbook: str = ""
    changes: int = 0


@dataclass(frozen=True)
class PlaybookResult:
    """What a run left: number of changes by host, and the tasks that changed something as (host, task).

    A task with a hidden result (no_log) is counted, but not among the tasks.
    """

    changed: Mapping[str, int] = field(default_factory=dict)
    changed_tasks: tuple[tuple[str, str], ...] = ()


class Playbooks(Protocol):
    """Ansible, with the inventory of one lab."""

    def run(
        self,
        playbooks: Sequence[str],
        *,
        extra_vars: Mapping[str, Any] | None = None,
        limit: Sequence[str] = (),
        on_event: Callable[[TaskEvent], None] | None = None,
        called_off: Callable[[], bool] = lambda: False,
    ) -> PlaybookResult:
        """Run playbooks/<name>.yml one after another by one Ansible, whose start takes seconds.

        Several may run at once, in threads. called_off is asked now and then; once it says so, Ansible ends.
        Raises ToolError naming task, host and message of the first failure, or that it was called off; the playbooks
        after it do not run.
        """
        ...
