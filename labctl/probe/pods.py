"""Starts the probe pods and waits until each runs or it is clear that it never will."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from labctl.adapters.ports import ClusterObjects
from labctl.errors import LabctlError, ToolError
from labctl.facts.observed import NotObservedError, field
from labctl.facts.probes import pod_name
from labctl.probe.objects import host_pod_name, probe_pods
from labctl.probe.rounds import Started

_POLL_SECONDS = 0.2
# Reasons for which a pod waits that no waiting ends.
_HOPELESS = ("ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")
_LOAD = {"ErrImageNeverPull": " (`labctl up --from kube_packages` loads the bundle's images)"}
_RUNTIME = "docker://"

Pods = Mapping[str, Mapping[str, Any]]


def start_pods(
    objects: ClusterObjects, path: str, nodes: Sequence[str], image: str, patience: float
) -> dict[str, Started | str]:
    """Node -> its pods that run, or why they do not; patience in seconds for all. Raises ToolError."""
    refused = _create(objects, path, nodes, image)
    found: dict[str, Started | str] = dict(refused)
    deadline = time.monotonic() + patience
    while len(found) < len(nodes):
        pods = _pods(objects, path)
        states = {node: _state(pods, node) for node in nodes if node not in found}
        found |= {node: state for node, state in states.items() if state is not None}
        if len(found) == len(nodes) or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    late = [node for node in nodes if node not in found]
    return found | {node: _too_late(objects, path, node, patience) for node in late}


def _create(objects: ClusterObjects, path: str, nodes: Sequence[str], image: str) -> dict[str, str]:
    """Make all pods at once; node -> why one of its was refused."""
    pods = [(node, pod) for node in nodes for pod in probe_pods(node, image)]

    def make(place: tuple[str, Mapping[str, Any]]) -> tuple[str, str]:
        node, pod = place
        try:
            objects.create(f"{path}/pods", pod)
        except LabctlError as error:
            return node, error.message
        return node, ""

    with ThreadPoolExecutor(max_workers=len(pods)) as pool:
        return {node: refusal for node, refusal in pool.map(make, pods) if refusal}


def _pods(objects: ClusterObjects, path: str) -> Pods:
    try:
        listed = field(objects.get(f"{path}/pods"), "items", list, [])
        return {field(each, "metadata.name", str, ""): each for each in listed}
    except NotObservedError as error:
        raise ToolError(f"the API server's list of probe pods cannot be read: {error.reason}") from None


def _state(pods: Pods, node: str) -> Started | str | None:
    """The node's pods that run; why one never will; None while that is open."""
    running = {}
    for name in (pod_name(node), host_pod_name(node)):
        try:
            state = _running(pods.get(name, {}), name)
        except NotObservedError as error:
            return error.reason
        if state is None or isinstance(state, str):
            return state
        running[name] = state
    (address, pod), (_, host) = running.values()
    return Started(address, pod, host)


def _running(pod: Mapping[str, Any], name: str) -> tuple[str, str] | str | None:
    """The pod's address and container; why it never runs; None while that is open."""
    phase, reason = field(pod, "status.phase", str, ""), field(pod, "status.reason", str, "")
    if phase in ("Failed", "Succeeded"):
        return f"{name} has ended: {reason} {field(pod, 'status.message', str, '')}".strip()
    for status in field(pod, "status.containerStatuses", list, []):
        waiting = field(status, "state.waiting", dict, {})
        if waiting.get("reason") in _HOPELESS:
            told = f"{name} does not start: {waiting['reason']}: {waiting.get('message', '')}".removesuffix(": ")
            return told + _LOAD.get(waiting["reason"], "")
        container = field(status, "containerID", str, "").removeprefix(_RUNTIME)
        if phase == "Running" and field(status, "state", dict, {}).get("running") is not None and container:
            address = field(pod, "status.podIP", str, "")
            return (address, container) if address else None
    return None


def _too_late(objects: ClusterObjects, path: str, node: str, patience: float) -> str:
    """With the last thing that the cluster says of the pod, which often is the reason."""
    said = ""
    for name in (pod_name(node), host_pod_name(node)):
        selector = quote(f"involvedObject.name={name},type=Warning")
        try:
            events = field(objects.get(f"{path}/events?fieldSelector={selector}"), "items", list, [])
            said = said or next((field(each, "message", str, "") for each in reversed(events)), "")
        except (LabctlError, NotObservedError):
            continue
    return f"the probe pods on {node} did not start within {patience:.0f} s" + (f": {said}" if said else "")
