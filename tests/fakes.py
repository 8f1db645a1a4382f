"""A lab in memory: the ports of labctl/adapters/ports.py fulfilled without any tool, on the healthy recording.

The same contract suites (tests/contract) run on these and on the real adapters.
"""

from __future__ import annotations

import base64
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.adapters.ports import Completed, PlaybookResult, TaskEvent
from labctl.collect import api_file
from labctl.collect.units import SHOW, STATUS
from labctl.errors import NotFoundError, ToolError
from labctl.events import Event
from labctl.facts.model import UNITS
from tests.fake_objects import ProbingShell

RECORDINGS = Path(__file__).parent / "recordings"
KUBECONFIG = "apiVersion: v1\nclusters: [{cluster: {server: https://192.168.50.10:6443}}]\n"


def recording(name: str) -> dict[str, bytes]:
    """Files of a recording by path in the recording format."""
    files = {}
    with tarfile.open(RECORDINGS / f"{name}.tar.gz") as archive:
        for member in archive.getmembers():
            if member.isfile():
                parts = Path(member.name).parts
                start = next(i for i, part in enumerate(parts) if part in ("api", "nodes"))
                content = archive.extractfile(member)
                assert content is not None
                files["/".join(parts[start:])] = content.read()
    return files


@dataclass
class World:
    """What is so: machines that run, marks on nodes, whether there is a cluster, what a recording says of it."""

    files: dict[str, bytes] = field(default_factory=lambda: recording("healthy"))
    running: set[str] = field(default_factory=set)
    marks: dict[str, dict[str, str]] = field(default_factory=dict)
    cluster: bool = False
    looks: int = 0

    def mark(self, node: str, role: str, value: str) -> None:
        self.marks.setdefault(node, {})[role] = value


@dataclass
class FakeShell:
    """NodeShell on a World. answers: words of a command -> what it prints."""

    world: World
    commands: list[tuple[str, str]] = field(default_factory=list)
    pushed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    closed: bool = False
    answers: dict[str, str] = field(default_factory=dict)

    def run(
        self, node: str, command: str, *, stdin: bytes | None = None, timeout: float = 30, check: bool = True
    ) -> Completed:
        self.commands.append((node, command))
        self._reach(node)
        if command.startswith("sh -s -- "):
            return Completed(("ssh", node), 0, ProbingShell().round(node, command), "")
        if command == "sh -s":
            return Completed(("ssh", node), 0, self._facts(node), "")
        if command == "cat /etc/kubernetes/admin.conf":
            if check and not self.world.cluster:
                raise ToolError(f"a command failed on {node} with exit code 1", command=["ssh", node, command])
            return Completed(("ssh", node), 0 if self.world.cluster else 1, KUBECONFIG, "")
        if "/etc/labctl/fingerprints/bundle" in command:
            self.world.mark(node, "bundle", command.split("echo ")[1].split(maxsplit=1)[0])
        told = next((text for words, text in self.answers.items() if words in command), "")
        return Completed(("ssh", node), 0, told, "")

    def push_tree(self, node: str, source: Path, files: Sequence[str], destination: str) -> None:
        self._reach(node)
        self.pushed.append((node, tuple(files)))

    def close(self) -> None:
        self.closed = True

    def _reach(self, node: str) -> None:
        if node not in self.world.running:
            raise ToolError(f"{node} cannot be reached over SSH", command=["ssh", node], hint="labctl up")

    def _facts(self, node: str) -> str:
        self.world.looks += 1
        prefix = f"nodes/{node}/"
        files = {key[len(prefix) :]: content for key, content in self.world.files.items() if key.startswith(prefix)}
        files["labctl.json"] = json.dumps(self.world.marks.get(node, {})).encode()
        # Recordings of an older labctl have none; a machine that is asked always answers.
        files.setdefault("certificates.json", b'{"clock": 1, "unfinished": false, "files": {}}')
        files["kubectl-non-root.txt"] = b"exit 0\nNAME STATUS\nk8s-master Ready\n"
        for answer in (SHOW, STATUS):
            parts = [files.pop(f"{answer}-{unit}.txt", None) for unit in UNITS]
            files[answer] = b"\n".join(part for part in parts if part is not None)
        return "".join(f"{name}\t{base64.b64encode(content).decode()}\n" for name, content in files.items())


@dataclass
class FakeApi:
    """ClusterApi on a World."""

    world: World

    def get(self, path: str) -> dict[str, Any]:
        answer = json.loads(self._body(path))
        assert isinstance(answer, dict)
        return answer

    def get_many(self, paths: Sequence[str]) -> dict[str, bytes | Exception]:
        answers: dict[str, bytes | Exception] = {}
        for path in paths:
            try:
                answers[path] = self._body(path)
            except ToolError as error:
                answers[path] = error
        return answers

    def _body(self, path: str) -> bytes:
        key = api_file(path)
        if key not in self.world.files:
            raise NotFoundError(f"the API server refused {path}: 404")
        return self.world.files[key]

    def open(self) -> FakeApi:
        if not self.world.cluster:
            raise ToolError("the API server does not answer")
        return self


@dataclass
class FakeMachines:
    """Machines on a World. fails: what `up` raises, once. made: all that there are; kept: their snapshots."""

    world: World
    made: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    kept: dict[str, set[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails: ToolError | None = None

    def up(self, names: Sequence[str], *, provider: str, on_line: Callable[[str], None] | None = None) -> None:
        self.calls.append(f"up {','.join(names)} {provider}")
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        if on_line is not None:
            on_line("Bringing machines up")
        self.world.running |= set(names)
        self.suspended -= set(names)
        self.made |= set(names)

    def status(self) -> dict[str, str]:
        return dict.fromkeys(self.world.running, "running") | dict.fromkeys(self.suspended, "paused")

    def ssh_config(self) -> str:
        if not self.world.running:
            raise ToolError("no machine runs")
        return "".join(f"Host {name}\n  HostName 127.0.0.1\n" for name in sorted(self.world.running))

    def suspend(self, names: Sequence[str]) -> None:
        self.calls.append(f"suspend {','.join(names)}")
        self.suspended |= self.world.running & set(names)
        self.world.running -= set(names)

    def snapshots(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(kept) for name, kept in self.kept.items() if kept}

    def save_snapshot(self, snapshot: str) -> None:
        self.calls.append(f"save {snapshot}")
        for name in self.made:
            self.kept.setdefault(name, set()).add(snapshot)

    def restore_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        self.calls.append(f"restore {','.join(names)} {snapshot}")
        if any(snapshot not in self.kept.get(name, ()) for name in names):
            raise ToolError(f"there is no snapshot {snapshot}")

    def delete_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        self.calls.append(f"delete {','.join(names)} {snapshot}")
        for name in names:
            self.kept[name].remove(snapshot)

    def remove(self, name: str) -> None:
        self.calls.append(f"remove {name}")
        self.world.running.discard(name)

    def halt(self) -> None:
        self.calls.append("halt")
        self.world.running.clear()
        self.suspended.clear()

    def destroy(self) -> None:
        self.calls.append("destroy")
        self.world.running.clear()
        self.made.clear()
        self.kept.clear()


@dataclass
class FakePlaybooks:
    """Playbooks on a World: a role leaves its mark on the nodes; control_plane makes a cluster."""

    world: World
    runs: list[str] = field(default_factory=list)
    starts: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    fails: dict[str, ToolError] = field(default_factory=dict)

    def run(
        self,
        playbooks: Sequence[str],
        *,
        extra_vars: Mapping[str, Any] | None = None,
        limit: Sequence[str] = (),
        on_event: Callable[[TaskEvent], None] | None = None,
        called_off: Callable[[], bool] = lambda: False,
    ) -> PlaybookResult:
        self.starts += 1
        self.variables = dict(extra_vars or {})
        tell = on_event or (lambda _: None)
        for playbook in playbooks:
            if called_off():
                raise ToolError(f"the playbook {playbook} was called off")
            self.runs.append(playbook)
            if playbook in self.fails:
                raise self.fails.pop(playbook)
            tell(TaskEvent("Some task", "node-1", "changed", playbook=playbook))
            for node in self.world.running if playbook in self.variables.get("labctl_fingerprints", {}) else ():
                self.world.mark(node, playbook, self.variables["labctl_fingerprints"][playbook])
            self.world.cluster = self.world.cluster or playbook == "control_plane"
            tell(TaskEvent("", None, "ended", playbook=playbook, changes=len(self.world.running)))
        return PlaybookResult(changed=dict.fromkeys(self.world.running, len(playbooks)))


@dataclass
class Recorder:
    """A Reporter that keeps what it is told."""

    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]
