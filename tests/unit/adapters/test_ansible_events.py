"""EventReader: which line of a failure reaches the user, and what a run's end is taken for."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from labctl.adapters.ansible_events import EventReader
from labctl.adapters.ports import TaskEvent
from labctl.errors import ToolError

LOG = Path("logs/run.log")


def failed(**result: object) -> dict[str, object]:
    data = {"task": "Kubeadm init has done its work", "host": "k8s-master", "res": result}
    return {"event": "runner_on_failed", "stdout": "fatal: [k8s-master]", "event_data": data}


def error_of(*events: dict[str, object], succeeded: bool = False) -> ToolError:
    reader = EventReader(["control_plane"], io.StringIO(), None)
    for event in events:
        assert reader.handle(event) is False
    with pytest.raises(ToolError) as caught:
        reader.result(succeeded=succeeded, log=LOG)
    return caught.value


@pytest.mark.parametrize(
    ("result", "gist"),
    [
        (
            {"msg": "non-zero return code", "stderr": "[init] Using v1.21.1\nerror execution phase preflight"},
            "error exec",
        ),
        ({"msg": "non-zero return code", "stderr": "Reading\nE: Unable to correct problems"}, "E: Unable"),
        ({"msg": "there is no package docker.io"}, "there is no package docker.io"),
        ({"stdout": "waiting: API server"}, "waiting: API server"),
        ({"censored": "hidden", "stderr": "token"}, "what it said is hidden"),
        ({"results": [{"failed": False, "msg": "fine"}, {"failed": True, "msg": "not fine"}]}, "not fine"),
        ({}, "no reason given"),
    ],
)
def test_the_message_holds_the_reason(result: dict[str, object], gist: str) -> None:
    assert error_of(failed(**result)).message.startswith(
        f"Kubeadm init has done its work: failed on k8s-master: {gist}"
    )


def test_the_first_failure_counts() -> None:
    assert "first" in error_of(failed(msg="first"), failed(msg="second")).message


def test_the_hint_names_the_log_and_the_step() -> None:
    assert error_of(failed(msg="no")).hint == "read logs/run.log, then: labctl up --from control_plane"


def test_a_failure_counts_even_if_the_run_claims_success() -> None:
    assert error_of(failed(msg="no"), succeeded=True).output == "no"


def test_an_end_without_any_task_shows_the_last_lines() -> None:
    error = error_of({"event": "verbose", "stdout": "ERROR! the inventory cannot be read\r\n"})
    assert (error.message, error.output) == (
        "the playbook control_plane did not run",
        "ERROR! the inventory cannot be read",
    )


def test_changes_are_counted_by_host() -> None:
    reader = EventReader(["base"], io.StringIO(), None)
    for host, changed in (("node-1", True), ("node-2", False), ("node-1", True)):
        data = {"task": "T", "host": host, "res": {"changed": changed}}
        reader.handle({"event": "runner_on_ok", "event_data": data})
    reader.handle({"event": "playbook_on_stats", "event_data": {"changed": {"node-1": 2, "node-2": 0}}})
    result = reader.result(succeeded=True, log=LOG)
    assert (result.changed, result.changed_tasks) == ({"node-1": 2}, (("node-1", "T"), ("node-1", "T")))


def test_hidden_changes_are_counted_by_the_statistics() -> None:
    reader = EventReader(["workers"], io.StringIO(), None)
    data = {"task": "Token", "host": "node-1", "res": {"censored": "hidden"}}
    reader.handle({"event": "runner_on_ok", "event_data": data})
    reader.handle({"event": "playbook_on_stats", "event_data": {"changed": {"node-1": 1, "node-2": 0}}})
    assert reader.result(succeeded=True, log=LOG).changed == {"node-1": 1}


def test_a_run_whose_end_was_lost_is_no_success() -> None:
    """ansible-runner passes over an event that it cannot write or read back."""
    reader = EventReader(["base", "docker"], io.StringIO(), None)
    reader.handle({"event": "playbook_on_stats", "event_data": {"changed": {}}})
    with pytest.raises(ToolError, match="did not run"):
        reader.result(succeeded=True, log=LOG)


def test_a_full_disk_of_this_computer_is_called_so() -> None:
    error = error_of({"event": "verbose", "stdout": "OSError: [Errno 28] No space left on device: b'ev-1'"})
    assert error.message == "the disk of logs is full"
    assert error.hint == "free some space; `labctl up` goes on then"


def test_a_full_disk_of_a_node_is_called_so() -> None:
    error = error_of(failed(msg="cannot write /etc/labctl/kubeadm.yml: No space left on device"))
    assert error.message.endswith("No space left on device")
    assert "labctl ssh k8s-master -- df -h" in (error.hint or "")


def test_a_log_that_takes_nothing_loses_no_event() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - unbuffered errors are what is wanted
        told: list[TaskEvent] = []
        reader = EventReader(["base"], full, told.append)
        data = {"task": "T", "host": "node-1", "res": {"changed": True}}
        reader.handle({"event": "runner_on_ok", "stdout": "changed: [node-1]", "event_data": data})
        assert [event.outcome for event in told] == ["changed"]
        with contextlib.suppress(OSError):
            full.close()
