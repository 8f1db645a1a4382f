"""The namespace of one deep look: made, and removed however the look ends; leftovers of killed looks are removed first.

Two looks at once have a namespace each. Whose owner (a process of this computer) lives is left alone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from labctl.adapters.ports import ClusterObjects
from labctl.adapters.survivors import process_started
from labctl.errors import LabctlError, ToolError
from labctl.facts.observed import NotObservedError, field
from labctl.probe.objects import OWNER, PURPOSE, account, namespace

PREFIX = "labctl-probe-"
NAMESPACES = "/api/v1/namespaces"
OF_OURS = f"{NAMESPACES}?labelSelector=" + quote(",".join(f"{key}={value}" for key, value in PURPOSE.items()))
# The kernel's boot time, from which starts are counted, is corrected now and then.
_SLACK_SECONDS = 2.0


@contextmanager
def probe_namespace(objects: ClusterObjects) -> Iterator[str]:
    """The path of a namespace of this run's own, with the account that its pods need. Raises ToolError."""
    remove_leftovers(objects)
    name = PREFIX + secrets.token_hex(4)
    path = f"{NAMESPACES}/{name}"
    try:
        objects.create(NAMESPACES, namespace(name, this_process()))
        objects.create(f"{path}/serviceaccounts", account())
        yield path
    except BaseException:
        # Also when it was interrupted before the answer came: the name is known. What went wrong first is told.
        with contextlib.suppress(LabctlError):
            _remove(objects, path)
        raise
    _remove(objects, path)


def remove_leftovers(objects: ClusterObjects) -> list[str]:
    """Remove the namespaces whose owner has died; returns their names. Raises ToolError."""
    answer = objects.get(OF_OURS)
    found = []
    try:
        for each in field(answer, "items", list, []):
            name = field(each, "metadata.name", str, "")
            leaving = field(each, "metadata.deletionTimestamp", str, "")
            owner = field(each, "metadata.annotations", dict, {}).get(OWNER)
            if name.startswith(PREFIX) and not leaving and not _lives(str(owner)):
                found.append(name)
    except NotObservedError as error:
        raise ToolError(f"the namespaces of earlier probes cannot be read: {error.reason}") from None
    for name in found:
        _remove(objects, f"{NAMESPACES}/{name}")
    return found


def this_process() -> str:
    """What a namespace's annotation says of its owner: process id and start, which no other process shares."""
    return f"{os.getpid()} {process_started(os.getpid()):.2f}"


def _lives(owner: str) -> bool:
    try:
        pid, begun = owner.split()
        started = process_started(int(pid))
        return started is not None and abs(started - float(begun)) < _SLACK_SECONDS
    except ValueError:
        return False


def _remove(objects: ClusterObjects, path: str) -> None:
    """Pods by themselves first: the namespace alone would wait for a controller that may not run."""
    objects.delete(f"{path}/pods")
    objects.delete(path)
