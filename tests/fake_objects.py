"""Objects of a cluster in memory (ports.ClusterObjects), and a shell on whose nodes probe pods reach each other."""

from __future__ import annotations

import json
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labctl.adapters.ports import Completed
from labctl.errors import ToolError
from labctl.plan import default_plan

Object = dict[str, Any]
_LOOKED_UP = "Server:  10.96.0.10|Address: 10.96.0.10:53||Name: kubernetes.default|Address: 10.96.0.1|"


def running(pod: Mapping[str, Any], address: str) -> Object:
    """The status of a pod that runs."""
    container = {"containerID": f"docker://{pod['metadata']['name']}", "state": {"running": {}}}
    return {"phase": "Running", "podIP": address, "containerStatuses": [container]}


def waiting(reason: str, message: str = "") -> Object:
    """The status of a pod whose container waits."""
    return {
        "phase": "Pending",
        "containerStatuses": [{"state": {"waiting": {"reason": reason, "message": message}}}],
    }


@dataclass
class FakeObjects:
    """ClusterObjects. refuse: path and object -> why the server does not take it. status: of a pod that was made."""

    objects: dict[str, Object] = field(default_factory=dict)
    refuse: Callable[[str, Mapping[str, Any]], str] = lambda *_: ""
    status: Callable[[Object], Object] | None = None
    log: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, path: str, document: Mapping[str, Any]) -> Object:
        made: Object = json.loads(json.dumps(document))
        name = made["metadata"]["name"]
        refusal = self.refuse(path, document)
        if refusal:
            raise ToolError(f"the API server refused to make {name}: {refusal}")
        with self._lock:
            place = f"{path}/{name}"
            if place in self.objects:
                raise ToolError(f'the API server refused to make {name}: "{name}" already exists')
            self.log.append(f"made {place}")
            if made["kind"] == "Pod":
                number = sum(each["kind"] == "Pod" for each in self.objects.values())
                made["status"] = self.status(made) if self.status else running(made, f"10.32.0.{10 + number}")
            self.objects[place] = made
        return made

    def delete(self, path: str) -> None:
        with self._lock:
            refusal = self.refuse(path, {})
            if refusal:
                raise ToolError(f"the API server refused to delete {path}: {refusal}")
            self.log.append(f"deleted {path}")
            for place in [place for place in self.objects if place == path or place.startswith(f"{path}/")]:
                del self.objects[place]

    def get(self, path: str) -> Object:
        parts = urlsplit(path)
        found = self.objects.get(parts.path)
        if found is not None:
            return found
        wanted = [each.split("=") for each in parse_qs(parts.query).get("labelSelector", [""])[0].split(",") if each]
        items = [each for place, each in list(self.objects.items()) if place.rpartition("/")[0] == parts.path]
        matching = [
            each for each in items if all(each["metadata"].get("labels", {}).get(key) == value for key, value in wanted)
        ]
        if not items and parts.path.rpartition("/")[2] not in ("namespaces", "pods", "serviceaccounts", "events"):
            raise ToolError(f"the API server refused {path}: 404")
        return {"kind": "List", "items": matching}

    @property
    def namespaces(self) -> list[str]:
        return sorted(place.rpartition("/")[2] for place in self.objects if place.count("/") == 4)


@dataclass
class ProbingShell:
    """NodeShell: every probe pod reaches every other; broken: (node) -> what its round says instead."""

    broken: dict[str, Callable[[], str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def run(
        self, node: str, command: str, *, stdin: bytes | None = None, timeout: float = 30, check: bool = True
    ) -> Completed:
        self.asked.append(node)
        said = self.broken[node]() if node in self.broken else self.round(node, command)
        return Completed(("ssh", node), 0, said, "")

    def round(self, node: str, command: str) -> str:
        _, _, _, pod, _, own, *peers = shlex.split(command)
        host = default_plan().node(node).ip
        lines = [f"node-to-pod\t\t0\tHTTP/1.0 200 OK||{pod} {host}|", f"dns\tx\t0\t{_LOOKED_UP}"]
        for kind, saw in (("pod-to-pod", own), ("host-pod-to-pod", host)):
            lines += [f"{kind}\t{peer.split('=')[0]}\t0\tpod-{peer.split('=')[0]} {saw}" for peer in peers]
        return "\n".join(lines) + "\n"

    def push_tree(self, node: str, source: Path, files: Sequence[str], destination: str) -> None:
        raise AssertionError("a probe copies nothing")

    def close(self) -> None:
        """Nothing is kept."""
