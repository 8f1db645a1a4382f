"""Reads ansible-runner's events: into TaskEvents, the log file, the count of changes and the first failure.

The shapes of the events are ansible-runner 2.4's; nothing here imports it or runs anything.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from labctl.adapters.ports import PlaybookResult, TaskEvent
from labctl.errors import ToolError

# A task that Ansible adds to every role; it interests only when it fails.
_QUIET_ACTIONS = ("ansible.builtin.validate_argument_spec", "validate_argument_spec")
_LAST_LINES = 40
_FULL = "No space left on device"
# As kubeadm, apt, docker and the shell begin such a line.
_ERROR = re.compile(r"\b(error|fatal|cannot|failed)\b|^E: ", re.IGNORECASE)
_OUTCOMES = {
    "runner_on_start": "started",
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_retry": "waiting",
}


class EventReader:
    """Takes the events of one run of playbooks, in order; result() tells how it ended."""

    def __init__(self, playbooks: Sequence[str], log: TextIO, on_event: Callable[[TaskEvent], None] | None) -> None:
        # The one at work, as the events name it.
        self._playbook = playbooks[0]
        # How many must still end.
        self._left = len(playbooks)
        self._log = log
        self._on_event = on_event
        self._changed: list[tuple[str, str]] = []
        self._counts: dict[str, int] = {}
        self._failure: TaskEvent | None = None
        self._last_lines: list[str] = []

    def handle(self, event: Mapping[str, Any]) -> bool:
        """Take one event; False tells ansible-runner not to write it to the disk."""
        self._note(str(event.get("stdout") or ""))
        data = event.get("event_data") or {}
        if event.get("event") == "playbook_on_start":
            self._playbook = Path(str(data.get("playbook") or self._playbook)).stem
        if event.get("event") == "playbook_on_stats":
            self._end(data)
        outcome = _OUTCOMES.get(str(event.get("event")))
        if outcome is not None:
            result = data.get("res") or {}
            told = self._outcome(outcome, data, result)
            if told in {"failed", "unreachable"} or data.get("task_action") not in _QUIET_ACTIONS:
                task = str(data.get("task", ""))
                self._tell(TaskEvent(task, data.get("host"), told, _message(told, result), self._playbook))
        return False

    def _end(self, data: Mapping[str, Any]) -> None:
        """Take a playbook's end. Its counts are of all playbooks so far.

        They also hold the changes of tasks whose results are hidden (no_log), which their own events do not tell.
        """
        before = sum(self._counts.values())
        self._counts = {host: count for host, count in (data.get("changed") or {}).items() if count}
        if not (data.get("failures") or data.get("dark")):
            changes = sum(self._counts.values()) - before
            self._left -= 1
            self._tell(TaskEvent("", None, "ended", playbook=self._playbook, changes=changes))

    def result(self, *, succeeded: bool, log: Path) -> PlaybookResult:
        """What the run left. Raises ToolError with the first failure's task, host and message.

        Also where not every playbook told its end: ansible-runner passes over events that a full disk has lost.
        """
        if succeeded and self._failure is None and self._left <= 0:
            return PlaybookResult(changed=self._counts, changed_tasks=tuple(self._changed))
        raise self._error(log)

    def _outcome(self, outcome: str, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
        if outcome == "ok" and result.get("changed"):
            self._changed.append((str(data.get("host")), str(data.get("task"))))
            return "changed"
        if outcome == "failed" and data.get("ignore_errors"):
            return "ok"
        return outcome

    def _tell(self, event: TaskEvent) -> None:
        if event.outcome in ("failed", "unreachable") and self._failure is None:
            self._failure = event
        if self._on_event is not None:
            self._on_event(event)

    def _note(self, text: str) -> None:
        if text.strip():
            # A full disk is told by whoever needs the space, not by the log: the event itself must be heard.
            with contextlib.suppress(OSError):
                self._log.write(text.rstrip("\r\n").replace("\r\n", "\n") + "\n")
                self._log.flush()
            self._last_lines = (self._last_lines + text.splitlines())[-_LAST_LINES:]

    def _error(self, log: Path) -> ToolError:
        command = ("ansible-playbook", f"{self._playbook}.yml")
        again = f"labctl up --from {self._playbook}"
        failure = self._failure
        if failure is None:
            said = "\n".join(self._last_lines)
            if _FULL in said:
                hint = "free some space; `labctl up` goes on then"
                return ToolError(f"the disk of {log.parent} is full", hint=hint, command=command, output=said)
            # Ansible ended before any task could fail: its configuration, the inventory or a playbook is wrong.
            return ToolError(f"the playbook {self._playbook} did not run", hint=again, command=command, output=said)
        if failure.outcome == "unreachable":
            message = f"{failure.host} cannot be reached over SSH (task: {failure.task})"
            return ToolError(message, hint="labctl up", command=command, output=failure.message)
        full = f"make room there (labctl ssh {failure.host} -- df -h), or make the nodes again: labctl reset"
        return ToolError(
            f"{failure.task}: failed on {failure.host}: {_gist(failure.message)}",
            hint=full if _FULL in failure.message else f"read {log}, then: {again}",
            command=command,
            output=failure.message,
        )


def _gist(message: str) -> str:
    """The line that tells the reason: the first that calls itself an error, else the first."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no reason given"]
    return next((line for line in lines if _ERROR.search(line)), lines[0])


def _message(outcome: str, result: Mapping[str, Any]) -> str:
    """What a task's result says to a reader: on failure its error output, else nothing but what it waits for."""
    if "censored" in result:
        return "what it said is hidden, for it could hold a secret" if outcome == "failed" else ""
    if outcome == "waiting":
        return str(result.get("stdout") or "").strip()
    if outcome not in ("failed", "unreachable"):
        return ""
    items = [item for item in result.get("results") or () if isinstance(item, dict) and item.get("failed")]
    texts = [_message(outcome, item) for item in items]
    for key in ("stderr", "module_stderr", "msg"):
        texts.append(str(result.get(key) or "").strip())
    if not any(texts):
        texts.append(str(result.get("stdout") or "").strip())
    return "\n".join(dict.fromkeys(text for text in texts if text))
